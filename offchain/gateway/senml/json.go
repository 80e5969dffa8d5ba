package senml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// DecodeJSON reads a pack of application/senml+json.
func DecodeJSON(body []byte) ([]Entry, error) {
	if err := checkLabels(body); err != nil {
		return nil, err
	}
	var pack []entry
	if err := json.Unmarshal(body, &pack); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return resolve(pack)
}

// UnmarshalJSON keeps a number's text; a number in quotes is none.
func (n *numeral) UnmarshalJSON(bz []byte) error {
	if len(bz) == 0 || bz[0] != '-' && (bz[0] < '0' || bz[0] > '9') {
		return fmt.Errorf("%w: %.20s", errNumber, bz)
	}
	*n = numeral(bz)
	return nil
}

// checkLabels refuses labels that must be understood (RFC 8428, 4.4) and are not. Few bodies need the slow look.
func checkLabels(body []byte) error {
	if !bytes.Contains(body, []byte(`_"`)) {
		return nil
	}
	var pack []map[string]json.RawMessage
	if err := json.Unmarshal(body, &pack); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for i, e := range pack {
		for label := range e {
			if strings.HasSuffix(label, "_") {
				return fmt.Errorf("%w: entry %d: label %q must be understood and is not", ErrMalformed, i, label)
			}
		}
	}
	return nil
}
