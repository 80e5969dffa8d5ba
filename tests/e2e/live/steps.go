package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// measure has every sensor send readings stamped with the time they are sent at, for one upload.
func (s *story) measure(ctx context.Context) error {
	if s.sent == nil {
		s.sent = acked{}
		if err := pause(ctx, time.Until(s.from)); err != nil {
			return err
		}
	}
	before, err := s.metric(ctx, "cpgateway_keys_left", "")
	if err != nil {
		return err
	}
	list, disconnect, err := s.sensors(ctx)
	if err != nil {
		return err
	}
	defer disconnect()
	sent, end := 0, time.Now().Add(upload)
	for time.Now().Before(end) {
		for _, sensor := range list {
			r := reading{sensor.name, len(s.sent), time.Now()}
			if err := sensor.send(ctx, r); err != nil {
				return fmt.Errorf("%s: %w", sensor.name, err)
			}
			s.sent[r.name()] = r
			sent++
		}
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return err
		}
	}
	after, err := s.metric(ctx, "cpgateway_keys_left", "")
	if err != nil {
		return err
	}
	s.say("sensors sent %d readings as they measured, by HTTP, MQTT 3.1.1 and MQTT 5 at QoS 1, each acknowledged; keys_left fell from %.0f to %.0f", sent, before, after)
	return s.check("keys_left_falls", after < before, "from %f to %f", before, after)
}

// wrongClock sends readings of clocks that are off by more than the limit; the twin is sent at once after.
func (s *story) wrongClock(ctx context.Context) error {
	for name, off := range map[string]time.Duration{"ahead": (clockLimit + 10) * time.Second, "behind": -(clockLimit + 10) * time.Second} {
		code, text, err := s.post(ctx, reading{"astray", 0, time.Now().Add(off)})
		if err != nil {
			return err
		}
		if err := s.check("clock_"+name+"_refused", code >= 400 && code < 500, "HTTP %d: %s", code, text); err != nil {
			return err
		}
	}
	refused, err := s.metric(ctx, "cpgateway_refusals_total", `reason="clock"`)
	if err != nil {
		return err
	}
	r := reading{"twin", 0, time.Now()}
	code, text, err := s.post(ctx, r)
	if err != nil {
		return err
	}
	s.sent[r.name()] = r
	s.say("a clock 40 s ahead and one 40 s behind were refused, and counted (the limit is 30 s); the same reading with the right time was taken")
	return s.check("clock_refusals_counted", refused == 2 && code == http.StatusOK, "%f refusals; the twin: HTTP %d %s", refused, code, text)
}

// late sends a reading of a time before the grant: it is sealed in an interval that was granted.
func (s *story) late(ctx context.Context) error {
	if err := s.anchoredTo(ctx, s.from); err != nil {
		return err
	}
	r := reading{"late", 0, s.from.Add(-interval / 2)}
	code, text, err := s.post(ctx, r)
	if err != nil {
		return err
	}
	s.sent[r.name()] = r
	s.say("a reading of %s, before the grant begins, came late: it goes to the interval open now", r.t.Format(time.TimeOnly))
	return s.check("late_taken", code == http.StatusOK, "HTTP %d: %s", code, text)
}

// outage kills the gateway for more than an upload, and then leaves the sensors silent for two intervals.
func (s *story) outage(ctx context.Context) error {
	s.gateway.Kill()
	if err := pause(ctx, upload+interval); err != nil {
		return err
	}
	if err := s.gateway.Start(ctx); err != nil {
		return err
	}
	if err := pause(ctx, 3*interval); err != nil {
		return err
	}
	s.say("the gateway was killed for %s and started again; then no sensor sent anything for %s", upload+interval, 3*interval)
	return nil
}

// read fetches all that was granted from a fresh home, and compares it with what was acknowledged.
func (s *story) read(ctx context.Context) error {
	if err := s.anchoredTo(ctx, s.to); err != nil {
		return err
	}
	u, err := s.FreshHome(ctx, "carol", s.dir+"/fresh-carol")
	if err != nil {
		return err
	}
	if err := s.carol.CopyReader("device", u); err != nil {
		return err
	}
	args := []string{"--grant", strconv.FormatUint(s.grant, 10), "--reader", "device"}
	got, err := s.fetch(ctx, u, args)
	if err != nil {
		return err
	}
	want, lost := 0, []string{}
	for name, r := range s.sent {
		if r.t.Before(s.to) {
			want++
			if at, ok := got[name]; !ok || at.Sub(r.t).Abs() > time.Millisecond {
				lost = append(lost, name)
			}
		}
	}
	if err := s.check("fetched_is_what_was_acknowledged", len(lost) == 0 && len(got) == want, "%d fetched, %d acknowledged, missing or with other times: %v", len(got), want, lost); err != nil {
		return err
	}
	s.checks["records"] = want
	_, late := got["late 0"]
	if err := s.check("late_record_follows_its_sealing_interval", late, "it was not fetched"); err != nil {
		return err
	}
	s.say("carol fetched %d readings, sealed after her grant was made, from a fresh home: what was acknowledged, once each, the late one among them", want)
	return s.gaps(ctx, u, args)
}

// fetch repeats until the capsules of the last keys have reached the proxies, or for so long that they will not.
func (s *story) fetch(ctx context.Context, u *stack.User, args []string) (map[string]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		out, err := u.Run(ctx, append([]string{"fetch", "--format", "json"}, args...)...)
		if err == nil {
			return parse(out)
		}
		if stop := pause(ctx, time.Second); stop != nil {
			return nil, err
		}
	}
}

// parse reads records, and refuses one that comes twice.
func parse(out []byte) (map[string]time.Time, error) {
	got := map[string]time.Time{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var r struct {
			T      time.Time `json:"t"`
			Sensor string    `json:"sensor"`
			Count  int       `json:"count"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		name := reading{sensor: r.Sensor, count: r.Count}.name()
		if _, twice := got[name]; twice {
			return nil, fmt.Errorf("%s came twice", name)
		}
		got[name] = r.T
	}
	return got, lines.Err()
}

// gaps compares empty intervals: those of the outage are declared, those of mere silence are not.
func (s *story) gaps(ctx context.Context, u *stack.User, args []string) error {
	var v struct {
		Report struct {
			Skipped int `json:"skipped_intervals"`
		} `json:"report"`
		Gaps  int `json:"gaps"`
		Empty int `json:"empty_intervals"`
	}
	if err := u.JSON(ctx, &v, append([]string{"verify"}, args...)...); err != nil {
		return err
	}
	declared, silent := v.Gaps+v.Report.Skipped, v.Empty-v.Gaps
	s.checks["declared_gaps"], s.checks["empty_intervals"] = declared, silent
	s.say("verified: %d intervals are declared outages (the gateway was dead), %d are empty and say so (nothing was measured)", declared, silent)
	if err := s.check("outage_is_declared", declared >= 2, "%d intervals declared", declared); err != nil {
		return err
	}
	return s.check("silence_is_no_outage", silent >= 1, "%d intervals empty without a gap", silent)
}

// keysRunOut waits for the end of the window: readings are refused with what to do, and doing it helps.
func (s *story) keysRunOut(ctx context.Context) error {
	left, err := s.drain(ctx)
	if err != nil {
		return err
	}
	code, text, err := s.post(ctx, reading{"keyless", 0, time.Now()})
	if err != nil {
		return err
	}
	refused := left == 0 && code >= 400 && strings.Contains(text, "cpdata stream provision air --gateway")
	if err := s.check("no_keys_no_records", refused, "keys_left %f, HTTP %d: %s", left, code, text); err != nil {
		return err
	}
	if err := os.Rename(s.alice.Home+".away", s.alice.Home); err != nil {
		return err
	}
	if err := s.provision(ctx); err != nil {
		return err
	}
	code, answer, err := s.post(ctx, reading{"keyless", 0, time.Now()})
	if err != nil {
		return err
	}
	s.say("the keys ran out: keys_left 0, refused with %s; alice came back, did that, and the reading was taken", strings.TrimSpace(text))
	return s.check("provisioned_again", code == http.StatusOK, "HTTP %d: %s", code, answer)
}

// drain waits until no keys are left; the window is widened to whole intervals, so it ends somewhat after keysEnd.
func (s *story) drain(ctx context.Context) (left float64, err error) {
	for last := s.keysEnd.Add(5 * interval); ; {
		if left, err = s.metric(ctx, "cpgateway_keys_left", ""); err != nil || left == 0 || time.Now().After(last) {
			return left, err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return left, err
		}
	}
}
