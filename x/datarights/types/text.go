package types

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxTag bounds a tag and a kind in bytes.
	maxTag = 64
	// maxReason bounds short texts meant for people in bytes.
	maxReason = 256
)

var (
	rowName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	tagName = regexp.MustCompile(`^[a-z0-9][a-z0-9:._/-]*$`)
)

func validName(name string) error {
	if !rowName.MatchString(name) {
		return ErrName.Wrapf("%q: use 1 to 64 of a-z, 0-9 and inner hyphens", name)
	}
	if strings.IndexFunc(name, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		return ErrName.Wrapf("%q: a number alone would read as an id", name)
	}
	return nil
}

// ValidTag checks the form of a tag or a kind.
func ValidTag(tag string) error {
	if len(tag) > maxTag || !tagName.MatchString(tag) {
		return ErrText.Wrapf("tag or kind %q: use up to %d of a-z, 0-9 and :._/-", clip(tag), maxTag)
	}
	return nil
}

// clip keeps a foreign text in an error short.
func clip(text string) string { return text[:min(len(text), maxTag)] }

func validSearchText(tags []string, description string, p Params) error {
	if len(tags) > int(p.MaxTags) {
		return ErrText.Wrapf("%d tags, at most %d", len(tags), p.MaxTags)
	}
	for i, tag := range tags {
		if err := ValidTag(tag); err != nil {
			return err
		}
		if slices.Contains(tags[:i], tag) {
			return ErrText.Wrapf("tag %q stands twice", tag)
		}
	}
	if err := plainText(description, int(p.MaxDescriptionBytes)); err != nil {
		return ErrText.Wrapf("description: %s", err)
	}
	return nil
}

// plainText is what can be shown on a terminal as it is.
func plainText(text string, limit int) error {
	if len(text) > limit {
		return fmt.Errorf("%d bytes, at most %d", len(text), limit)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("it must be UTF-8 without control characters")
	}
	return nil
}
