package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/gateway/senml"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// ErrRefused means that the gateway will not take a request however often it is sent.
var ErrRefused = errors.New("gateway refused")

// errLater means that the gateway can't take a request now.
var errLater = errors.New("gateway can't take it now")

// Client of a gateway's HTTP interface.
type Client struct {
	url  string
	http *http.Client
}

// NewClient of a gateway at an address like http://127.0.0.1:8480.
func NewClient(url string) *Client {
	return &Client{url: strings.TrimRight(url, "/"), http: &http.Client{Timeout: time.Minute}}
}

// Status of the gateway.
func (c *Client) Status(ctx context.Context) (gateway.Status, error) {
	var s gateway.Status
	return s, c.call(ctx, http.MethodGet, "/v1/status", nil, nil, &s)
}

// Stream finds a stream by its number, <chain-id>/<number>, or owner/name, among those the gateway serves.
func (c *Client) Stream(ctx context.Context, ref string) (datarights.Stream, error) {
	s, err := c.Status(ctx)
	if err != nil {
		return datarights.Stream{}, err
	}
	for _, st := range s.Streams {
		number := strconv.FormatUint(st.Stream, 10)
		if ref == number || ref == s.ChainID+"/"+number || ref == st.Owner+"/"+st.Name {
			var row datarights.Stream
			return row, c.call(ctx, http.MethodGet, "/v1/streams/"+number, nil, nil, &row)
		}
	}
	return datarights.Stream{}, fmt.Errorf("gateway serves no stream %q: name it by number or owner/name, and provision it first", ref)
}

// Send stores one pack under an idempotency key.
func (c *Client) Send(ctx context.Context, stream uint64, key string, pack []byte) (gateway.Accepted, error) {
	var a gateway.Accepted
	header := http.Header{"Content-Type": {senml.MediaJSON}, "Idempotency-Key": {key}}
	return a, c.call(ctx, http.MethodPost, fmt.Sprintf("/v1/streams/%d/records", stream), header, pack, &a)
}

// Flush declares everything through a time complete.
func (c *Client) Flush(ctx context.Context, stream uint64, through time.Time) (gateway.Flushed, error) {
	var f gateway.Flushed
	body, err := json.Marshal(map[string]time.Time{"through": through.UTC()})
	if err != nil {
		return f, err
	}
	return f, c.call(ctx, http.MethodPost, fmt.Sprintf("/v1/streams/%d/flush", stream), nil, body, &f)
}

// maxAnswer bounds what is read from a gateway, in bytes.
const maxAnswer = 4 << 20

func (c *Client) call(ctx context.Context, method, path string, header http.Header, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("gateway address %q: %w", c.url, err)
	}
	if header != nil {
		req.Header = header
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: does it run at %s? %w", errLater, c.url, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errLater, err)
	case res.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %s", errLater, words(answer))
	case res.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("%w: %s", ErrRefused, words(answer))
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("gateway sent no JSON: %w", err)
	}
	return nil
}

// words of a refusal.
func words(answer []byte) string {
	var f struct{ Error string }
	if json.Unmarshal(answer, &f) == nil && f.Error != "" {
		return f.Error
	}
	return strings.TrimSpace(string(answer))
}
