package csvio_test

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

// collect reads until the first error.
func collect(seq iter.Seq2[timechain.Record, error]) (records []timechain.Record, err error) {
	for r, err := range seq {
		if err != nil {
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

func TestRecordsAreNumberedAndTimedAsTheFileHasThem(t *testing.T) {
	records, err := collect(csvio.ReadCSV(weather.schema, 0, strings.NewReader(
		"date,pressure,temperature,wind\n2010-01-01T01:00:00,1016.6,4.0,3.8\n2010-01-01T02:00:00,,-0.5,0.0\n")))
	require.NoError(t, err)
	require.Equal(t, []timechain.Record{
		{T: 1262307600e9, Seq: 0, Values: []timechain.Value{timechain.Fixed(10166), timechain.Fixed(40), timechain.Fixed(38)}},
		{T: 1262311200e9, Seq: 1, Values: []timechain.Value{timechain.Absent(), timechain.Fixed(-5), timechain.Fixed(0)}},
	}, records)
}

func TestColumnsMayStandInAnyOrder(t *testing.T) {
	records, err := collect(csvio.ReadCSV(weather.schema, 0, strings.NewReader("wind,date,temperature,pressure\n3.8,2010-01-01T01:00:00,4.0,1016.6\n")))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, csvio.WriteCSV(&out, weather.schema, 0, records))
	require.Equal(t, "date,pressure,temperature,wind\n2010-01-01T01:00:00,1016.6,4.0,3.8\n", out.String())
}

func TestErrorsNameTheLineAndTheColumn(t *testing.T) {
	const head = "date,pressure,temperature,wind\n2010-01-01T01:00:00,1016.6,4.0,3.8\n"
	for name, c := range map[string]struct {
		text string
		want error
		says []string
	}{
		"an empty file":        {"", csvio.ErrHeader, []string{"empty", "date"}},
		"a column missing":     {"date,pressure,temperature\n", csvio.ErrHeader, []string{"wind"}},
		"a column too many":    {"date,pressure,temperature,wind,hail\n", csvio.ErrHeader, []string{"hail"}},
		"a column twice":       {"date,pressure,temperature,temperature\n", csvio.ErrHeader, []string{"wind"}},
		"a decimal too many":   {head + "2010-01-01T02:00:00,1016.65,4.0,3.8\n", timechain.ErrValue, []string{"line 3", `"pressure"`, "1016.65"}},
		"a number too large":   {head + "2010-01-01T02:00:00,1,999999999999999999,3\n", timechain.ErrValue, []string{"line 3", `"temperature"`, "range"}},
		"a time of other form": {head + "2010-01-01 02:00,1,2,3\n", timechain.ErrTime, []string{"line 3", `"date"`}},
		"a value missing":      {head + "2010-01-01T02:00:00,1,2\n", nil, []string{"line 3", "number of fields"}},
		"an open quote":        {head + "2010-01-01T02:00:00,1,2,\"3\n", nil, []string{"line 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := collect(csvio.ReadCSV(weather.schema, 0, strings.NewReader(c.text)))
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
			require.LessOrEqual(t, len(records), 1)
		})
	}
}

func TestReadingStopsWhenTheCallerDoes(t *testing.T) {
	n := 0
	for _, err := range csvio.ReadCSV(traffic.schema, 0, bytes.NewReader(traffic.read(t))) {
		require.NoError(t, err)
		if n++; n == 3 {
			break
		}
	}
	require.Equal(t, 3, n)
}

func TestTextsThatNeedQuotesComeBack(t *testing.T) {
	schema := timechain.Schema{
		Fields: []timechain.Field{{Name: "note", Type: timechain.TypeText}, {Name: "level", Type: timechain.TypeFloat}},
		Time:   timechain.TimeBase{Field: "t", Format: timechain.TimeUnix},
	}
	var records []timechain.Record
	for i, note := range []string{`a,b`, `say "so"`, ` padded `, `#`, ``, `日本`, `\.`} {
		records = append(records, timechain.Record{
			T: int64(i) * 1e9, Seq: uint64(i), Values: []timechain.Value{timechain.Text(note), timechain.Float(float64(i) / 3)},
		})
	}
	var out bytes.Buffer
	require.NoError(t, csvio.WriteCSV(&out, schema, 0, records))
	back, err := collect(csvio.ReadCSV(schema, 0, &out))
	require.NoError(t, err)
	require.Equal(t, records, back)
}

func TestAFileWithoutRecordsIsItsHeader(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, csvio.WriteCSV(&out, weather.schema, 0, nil))
	require.Equal(t, "date,pressure,temperature,wind\n", out.String())
	records, err := collect(csvio.ReadCSV(weather.schema, 0, &out))
	require.NoError(t, err)
	require.Empty(t, records)
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreTold(t *testing.T) {
	require.ErrorIs(t, csvio.WriteCSV(full{}, weather.schema, 0, nil), errFull)
	err := csvio.WriteCSV(&bytes.Buffer{}, weather.schema, 0, []timechain.Record{{}})
	require.ErrorIs(t, err, timechain.ErrValue)
}

func FuzzReadCSV(f *testing.F) {
	f.Add("date,pressure,temperature,wind\n2010-01-01T01:00:00,1016.6,4.0,-0.0\n")
	f.Add("wind,date,temperature,pressure\r\n,2010-01-01T01:00:00.25,4,\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		records, err := collect(csvio.ReadCSV(weather.schema, 0, strings.NewReader(text)))
		if err != nil {
			return
		}
		var out bytes.Buffer
		require.NoError(t, csvio.WriteCSV(&out, weather.schema, 0, records))
		back, err := collect(csvio.ReadCSV(weather.schema, 0, bytes.NewReader(out.Bytes())))
		require.NoError(t, err)
		require.Equal(t, records, back)
	})
}
