package gateway

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBadInputIsRefusedClearlyCountedAndNotKept(t *testing.T) {
	year := 366 * 24 * 3600.0
	entry := func(format string, args ...any) string {
		return fmt.Sprintf(`[{"bn":"r:","bt":%.3f,"n":"car","vs":"a"},{"n":"speed",`, at(0, 1)) + fmt.Sprintf(format, args...) + `}]`
	}
	for name, c := range map[string]struct {
		path, media, body string
		status            int
		reason            Reason
		words             string
	}{
		"malformed SenML":            {records, jsonType, `[{"n":`, 400, ReasonMalformed, "malformed SenML"},
		"JSON as CBOR":               {records, cborType, entry(`"v":1`), 400, ReasonMalformed, "malformed SenML"},
		"another content type":       {records, "text/csv", "a,b", 415, ReasonMediaType, jsonType},
		"a unit not in the schema":   {records, jsonType, entry(`"v":1,"u":"km/h"`), 422, ReasonUnit, `"speed" is in "m/s", not in "km/h"`},
		"a field not in the schema":  {records, jsonType, strings.ReplaceAll(entry(`"v":1`), "speed", "height"), 422, ReasonUnknownField, `"height"`},
		"more decimals than kept":    {records, jsonType, entry(`"v":1.234`), 422, ReasonValue, "speed"},
		"a value out of bounds":      {records, jsonType, entry(`"v":101`), 422, ReasonValue, "outside"},
		"text for a number":          {records, jsonType, entry(`"vs":"fast"`), 422, ReasonValue, "it is a number"},
		"a field twice":              {records, jsonType, entry(`"v":1},{"n":"speed","v":2`), 422, ReasonValue, "base name"},
		"no key field":               {records, jsonType, fmt.Sprintf(`[{"n":"speed","v":1,"t":%f}]`, at(0, 1)), 422, ReasonValue, "car"},
		"a clock a year ahead":       {records, jsonType, string(pack("a", at(0, year), "1")), 400, ReasonClock, "ahead"},
		"a time before the stream":   {records, jsonType, string(pack("a", at(0, -1), "1")), 400, ReasonTime, "begins at"},
		"a body beyond the limit":    {records, jsonType, strings.Repeat(" ", 1<<17), 413, ReasonTooLarge, "larger than 65536 bytes"},
		"an unknown stream":          {"/v1/streams/8/records", jsonType, entry(`"v":1`), 404, ReasonUnknownStream, "provision"},
		"a stream that is no number": {"/v1/streams/cars/records", jsonType, entry(`"v":1`), 404, ReasonUnknownStream, "number"},
		"a time beyond the keys":     {records, jsonType, string(pack("a", at(100, 1), "1")), 503, ReasonNoKeys, "cpdata stream provision"},
	} {
		t.Run(name, func(t *testing.T) {
			n := provisioned(t, func(w *world) {
				if c.reason == ReasonNoKeys {
					w.cfg.Limits.MaxAheadSeconds = 1e9
				}
			})
			status, answer := n.post(c.path, c.media, []byte(c.body))
			require.Equal(t, c.status, status, answer)
			require.Equal(t, string(c.reason), answer["reason"])
			require.Contains(t, answer["error"], c.words)
			require.Equal(t, 1.0, counted(t, n.w.reg, "cpgateway_refusals_total", string(c.reason), "http"))
			require.Zero(t, n.Status().Streams[0].PendingRecords)
		})
	}
}

func TestAClockAYearBehindIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	require.NoError(t, os.Remove(w.dir+"/"+rowFile))
	w.now = w.now.AddDate(1, 0, 0)
	n := startNode(t, w)
	status, answer := n.post("/v1/provision", "application/octet-stream", n.parcel(0, 0, 99))
	require.Equal(t, http.StatusOK, status, answer)
	status, answer = n.post(records, jsonType, pack("a", at(0, 1), "1"))
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, string(ReasonClock), answer["reason"])
	require.Contains(t, answer["error"], "behind")
}

func TestARefusalNamesFieldAndUnitAndKeepsNothingOfTheBatch(t *testing.T) {
	n := provisioned(t, nil)
	body := fmt.Sprintf(`[{"bn":"1:","bt":%f,"n":"car","vs":"good"},{"n":"speed","v":1},{"bn":"2:","n":"car","vs":"bad"},{"n":"speed","u":"kn","v":1}]`, at(0, 1))
	status, answer := n.post(records, jsonType, []byte(body))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, "speed", answer["field"])
	require.Equal(t, "kn", answer["unit"])
	require.Equal(t, 7.0, answer["stream"])
	require.Zero(t, n.Status().Streams[0].PendingRecords)
	require.NotContains(t, n.logs.String(), "good", "no reading in a log")
}
