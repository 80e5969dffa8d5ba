package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// trafficSeconds and trafficVehicles are what one copy of the shipped file covers.
	trafficSeconds  = 900
	trafficVehicles = 200
)

// readWeather is the shipped file.
func (b *bench) readWeather() ([]byte, error) {
	return os.ReadFile(filepath.Join(b.data, "weather-hourly.csv"))
}

// readTraffic is the shipped file with LF line ends, as it comes back from a fetch.
func (b *bench) readTraffic() ([]byte, error) {
	f, err := os.Open(filepath.Join(b.data, "traffic-grid.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), err
}

// replay repeats traffic until there are at least so many bytes: every copy is a quarter of an hour later and of other vehicles,
// all else stays to the byte, -0.00 too.
func replay(text []byte, least int) ([]byte, error) {
	lines := strings.SplitAfter(string(text), "\n")
	out := bytes.NewBuffer(make([]byte, 0, least+2*len(text)))
	out.WriteString(lines[0])
	for shift := 0; shift == 0 || out.Len() < least; shift++ {
		for i, line := range lines[1:] {
			if line == "" {
				continue
			}
			seconds, rest, _ := strings.Cut(line, ",")
			number, rest, ok := strings.Cut(strings.TrimPrefix(rest, "veh-"), ",")
			t, errT := strconv.Atoi(seconds)
			n, errN := strconv.Atoi(number)
			if !ok || errT != nil || errN != nil {
				return nil, fmt.Errorf("line %d of the traffic: %q is no time and vehicle", i+2, line)
			}
			fmt.Fprintf(out, "%d,veh-%d,%s", t+shift*trafficSeconds, n+shift*trafficVehicles, rest)
		}
	}
	return out.Bytes(), nil
}

// messages is n records of JSON text, a tenth of a second apart; the same ones each time.
func messages(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var out bytes.Buffer
	out.WriteString("t,message\n")
	for i := range n {
		fmt.Fprintf(&out, `%d,"{""device"":""press-%02d"",""state"":""running"",""values"":[`, 1700000000000+i*100, i%16)
		for v := range 48 {
			if v > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, "%d.%03d", random.IntN(1000), random.IntN(1000))
		}
		fmt.Fprintf(&out, `],""note"":""cycle %08d, operator %d""}"`+"\n", i, random.IntN(40))
	}
	return out.Bytes()
}
