package main

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// machine is where the figures were taken.
type machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
	// Load is the kernel's load average at the start: on a calm machine it is near 0.
	Load string `json:"load"`
}

func thisMachine() machine {
	m := machine{CPU: "unknown processor", Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	if bz, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(bz)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if bz, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.TrimSpace(string(bz))
	}
	return m
}

// cpuTime is what this process, or with RUSAGE_CHILDREN the processes it has waited for, used of processors.
func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err) // who is one of two constants
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
