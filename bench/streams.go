package main

import (
	"github.com/cpchain/cpchain/pkg/timechain"
)

// stream is a set of records as its owner would publish it.
type stream struct {
	name   string
	schema timechain.Schema
	grid   timechain.Grid
	// text is the records as CSV.
	text []byte
}

const hour = 3600 * 1000

func fixed(name, unit string, decimals uint8) timechain.Field {
	return timechain.Field{Name: name, Unit: unit, Type: timechain.TypeFixed, Decimals: decimals}
}

// weather is a year of hours as the demonstration publishes it: the least data that an interval can have.
func weather(text []byte) stream {
	return stream{
		name: "weather", text: text,
		schema: timechain.Schema{
			Fields: []timechain.Field{fixed("pressure", "hPa", 1), fixed("temperature", "Cel", 1), fixed("wind", "m/s", 1)},
			Time:   timechain.TimeBase{Field: "date", Format: timechain.TimeLocal},
		},
		grid: timechain.Grid{Origin: 1262304000000, Block: hour, Interval: hour, Upload: 30 * 24 * hour},
	}
}

// traffic is vehicles' positions each second, in minutes; an upload is half an hour, about 4 MiB of CSV.
func traffic(text []byte) stream {
	return stream{
		name: "traffic", text: text,
		schema: timechain.Schema{
			Fields: []timechain.Field{
				{Name: "vehicle", Type: timechain.TypeText, Key: true},
				fixed("lat", "lat", 6), fixed("lon", "lon", 6),
				fixed("speed_mps", "m/s", 2), fixed("accel_mps2", "m/s2", 2), fixed("heading_deg", "deg", 2),
			},
			Time: timechain.TimeBase{Field: "t_s", Format: timechain.TimeOffset},
		},
		grid: timechain.Grid{Origin: 1700000000000, Block: 1000, Interval: 60_000, Upload: 1800_000},
	}
}

// wide is records of about 512 bytes of text each, ten a second.
func wide(text []byte) stream {
	return stream{
		name: "wide", text: text,
		schema: timechain.Schema{
			Fields: []timechain.Field{{Name: "message", Type: timechain.TypeText}},
			Time:   timechain.TimeBase{Field: "t", Format: timechain.TimeUnixMs},
		},
		grid: timechain.Grid{Origin: 1700000000000, Block: 1000, Interval: 60_000, Upload: 600_000},
	}
}
