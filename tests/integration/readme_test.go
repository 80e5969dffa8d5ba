package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cpchain/cpchain/app/apptest"
)

// The forms in which a module's README says what can be checked.
var (
	ruleForm    = regexp.MustCompile(`(?m)^- \*\*([A-Z]{1,3}-[A-Z]{3,5}-\d+)\*\*.*\n(?:  .*\n)*`)
	citedForm   = regexp.MustCompile(`\b[A-Z]{1,3}-[A-Z]{3,5}-\d+\b`)
	testForm    = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	messageForm = regexp.MustCompile(`(?m)^### (Msg\w+)$`)
	eventForm   = regexp.MustCompile("(?m)^\\| `(Event\\w+)` \\| .* \\| (.*) \\|$")
	paramForm   = regexp.MustCompile("(?m)^\\| `([a-z][a-z0-9_]*)` \\| (\\w+) \\| ([^|]*) \\|")
	errorForm   = regexp.MustCompile("(?m)^\\| (\\d+) \\| `(Err\\w+)` \\|")

	registeredForm = regexp.MustCompile(`(Err\w+)\s+= errorsmod.Register\(ModuleName, (\d+),`)
	testFuncForm   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	numberForm     = regexp.MustCompile(`^([\d,]+)([a-z]*)`)
)

// spec is a module as its code has it.
type spec struct {
	messages, events, params, errors []string
	// tests there are, the rules that its Go files speak of, and the rules of other modules.
	tests, cited, others []string
}

// specOf reads a module's descriptors, default params and sources.
func specOf(t *testing.T, name string) spec {
	t.Helper()
	pkg := "cpchain." + name + ".v1."
	var s spec
	methods := describe[protoreflect.ServiceDescriptor](t, pkg+"Msg").Methods()
	for i := range methods.Len() {
		s.messages = append(s.messages, string(methods.Get(i).Input().Name()))
	}
	file, err := proto.HybridResolver.FindFileByPath("cpchain/" + name + "/v1/events.proto")
	require.NoError(t, err)
	for i := range file.Messages().Len() {
		event := file.Messages().Get(i)
		s.events = append(s.events, fmt.Sprintf("%s: %s", event.Name(), strings.Join(fieldNames(event), ", ")))
	}
	defaults := defaultParams(t, name)
	params := describe[protoreflect.MessageDescriptor](t, pkg+"Params").Fields()
	for i := range params.Len() {
		f := params.Get(i)
		s.params = append(s.params, fmt.Sprintf("%s %s %s", f.Name(), typeName(f), defaults[string(f.Name())]))
	}
	s.readSources(t, filepath.Join("../../x", name))
	return s
}

func describe[T protoreflect.Descriptor](t *testing.T, name string) T {
	t.Helper()
	d, err := proto.HybridResolver.FindDescriptorByName(protoreflect.FullName(name))
	require.NoError(t, err)
	return d.(T)
}

func fieldNames(m protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range m.Fields().Len() {
		names = append(names, string(m.Fields().Get(i).Name()))
	}
	return names
}

// typeName is a param's type as tables have it: amounts are strings on the wire.
func typeName(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return string(f.Message().Name())
	case protoreflect.StringKind:
		return "Int"
	default:
		return f.Kind().String()
	}
}

// defaultParams are a new chain's, as plain text: "1000", or "1000ucpc" for a coin.
func defaultParams(t *testing.T, name string) map[string]string {
	t.Helper()
	var genesis struct{ Params map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(apptest.Template().DefaultGenesis()[name], &genesis))
	texts := map[string]string{}
	for key, raw := range genesis.Params {
		var coin struct{ Amount, Denom string }
		if json.Unmarshal(raw, &coin) == nil {
			texts[key] = coin.Amount + coin.Denom
			continue
		}
		texts[key] = strings.Trim(string(raw), `"`)
	}
	return texts
}

// readSources finds registered errors, tests and citations of rules below a module's folder, and tests of all modules together.
func (s *spec) readSources(t *testing.T, folder string) {
	t.Helper()
	for _, pattern := range []string{"*.go", "*/*.go", "../../tests/integration/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		require.NoError(t, err)
		for _, file := range files {
			bz, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range registeredForm.FindAllStringSubmatch(string(bz), -1) {
				s.errors = append(s.errors, m[2]+" "+m[1])
			}
			for _, m := range testFuncForm.FindAllStringSubmatch(string(bz), -1) {
				s.tests = append(s.tests, m[1])
			}
			if filepath.Dir(file) != filepath.Join(folder, "../../tests/integration") {
				s.cited = append(s.cited, citedForm.FindAllString(string(bz), -1)...)
			}
		}
	}
}

// disagreements between a README and the code, in words.
func disagreements(readme string, s spec) []string {
	var wrong []string
	compare := func(what string, said, is []string) {
		for _, one := range said {
			if !slices.Contains(is, one) {
				wrong = append(wrong, fmt.Sprintf("%s %q is not in the code", what, one))
			}
		}
		for _, one := range is {
			if !slices.Contains(said, one) {
				wrong = append(wrong, fmt.Sprintf("%s %q is not in the README", what, one))
			}
		}
	}
	compare("message", all(messageForm, readme, "$1"), s.messages)
	compare("event", events(readme), s.events)
	compare("param", params(readme), s.params)
	compare("error", all(errorForm, readme, "$1 $2"), s.errors)

	rules := all(ruleForm, readme, "$1")
	if len(rules) == 0 {
		wrong = append(wrong, "there is no rule")
	}
	for i, rule := range rules {
		if slices.Contains(rules[:i], rule) || slices.Contains(s.others, rule) {
			wrong = append(wrong, "rule "+rule+" stands twice")
		}
	}
	for _, rule := range ruleForm.FindAllString(readme, -1) {
		if !testForm.MatchString(rule) {
			wrong = append(wrong, "no test is named by: "+strings.TrimSpace(rule))
		}
	}
	for _, test := range all(testForm, readme, "$1") {
		if !slices.Contains(s.tests, test) {
			wrong = append(wrong, "there is no test "+test)
		}
	}
	for _, rule := range append(citedForm.FindAllString(readme, -1), s.cited...) {
		if !slices.Contains(rules, rule) && !slices.Contains(s.others, rule) {
			wrong = append(wrong, "there is no rule "+rule)
		}
	}
	return wrong
}

// all fills a template with each match.
func all(form *regexp.Regexp, text, template string) []string {
	var out []string
	for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
		out = append(out, string(form.ExpandString(nil, template, text, m)))
	}
	return out
}

// events with their fields; what a table says behind a colon is for people.
func events(readme string) []string {
	var out []string
	for _, m := range eventForm.FindAllStringSubmatch(readme, -1) {
		fields := strings.Split(m[2], ", ")
		for i, f := range fields {
			fields[i], _, _ = strings.Cut(f, ":")
		}
		out = append(out, m[1]+": "+strings.Join(fields, ", "))
	}
	return out
}

// params with type and default; what a table says behind the number is for people.
func params(readme string) []string {
	var out []string
	for _, m := range paramForm.FindAllStringSubmatch(readme, -1) {
		number := strings.ReplaceAll(numberForm.FindString(m[3]), ",", "")
		out = append(out, m[1]+" "+m[2]+" "+number)
	}
	return out
}

func TestReadmesSayWhatTheCodeDoes(t *testing.T) {
	modules, err := filepath.Glob("../../x/*")
	require.NoError(t, err)
	readmes := map[string]string{}
	for _, folder := range modules {
		bz, err := os.ReadFile(filepath.Join(folder, "README.md"))
		require.NoError(t, err)
		readmes[filepath.Base(folder)] = string(bz)
	}
	require.GreaterOrEqual(t, len(readmes), 2)
	for name, readme := range readmes {
		s := specOf(t, name)
		for other, text := range readmes {
			if other != name {
				s.others = append(s.others, all(ruleForm, text, "$1")...)
			}
		}
		require.Empty(t, disagreements(readme, s), "x/%s/README.md", name)
	}
}

func TestEachDisagreementOfAReadmeIsFound(t *testing.T) {
	bz, err := os.ReadFile("../../x/provider/README.md")
	require.NoError(t, err)
	readme, code := string(bz), specOf(t, "provider")
	code.others = []string{"D-STR-1"}
	for name, c := range map[string]struct{ old, changed, says string }{
		"a message forgotten":              {"### MsgBond\n", "### Bonds\n", `message "MsgBond" is not in the README`},
		"a message that is not":            {"### MsgBond\n", "### MsgBond\n\n### MsgGive\n", `message "MsgGive" is not in the code`},
		"an event forgotten":               {"| `EventSlashed`", "| EventSlashed", `event "EventSlashed: id, amount, reason" is not in the README`},
		"a field of an event that is not":  {"| id, amount, reason |", "| id, amount, cause |", `event "EventSlashed: id, amount, cause" is not in the code`},
		"a param forgotten":                {"| `boundary_blocks`", "| boundary_blocks", `param "boundary_blocks int64 100" is not in the README`},
		"a param of another type":          {"| `boundary_blocks` | int64", "| `boundary_blocks` | uint32", `param "boundary_blocks uint32 100" is not in the code`},
		"another default":                  {"int64 | 100 |", "int64 | 101 |", `param "boundary_blocks int64 101" is not in the code`},
		"another code of an error":         {"| 13 | `ErrInUse`", "| 31 | `ErrInUse`", `error "31 ErrInUse" is not in the code`},
		"a rule without test":              {" `TestUpdateRefuses`\n\n### MsgBond", "\n\n### MsgBond", "no test is named by: - **P-UPD-4**"},
		"a test that is not":               {"`TestBondAddsUp`", "`TestBondAddsDown`", "there is no test TestBondAddsDown"},
		"an error of a rule that is not":   {"| P-LEA-1, P-UPD-4 |", "| P-LEA-1, P-UPD-9 |", "there is no rule P-UPD-9"},
		"a rule of another module's name":  {"**P-REG-8**", "**D-STR-1**", "rule D-STR-1 stands twice"},
		"a rule renumbered under its test": {"**P-REG-8**", "**P-REG-7**", "rule P-REG-7 stands twice"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(readme, c.old), "the case fits the README")
			wrong := disagreements(strings.Replace(readme, c.old, c.changed, 1), code)
			require.True(t, slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, c.says) }), "%q is not among %q", c.says, wrong)
		})
	}
}
