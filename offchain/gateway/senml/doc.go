// Package senml decodes Sensor Measurement Lists (RFC 8428) from JSON and CBOR, keeping numbers as the decimal text the
// sensor meant: 1016.6 never becomes 1016.6000000000000227.
//
// Base fields are resolved into every entry; the base name is kept apart from the name, because it tells things measured
// at the same moment apart. What this package does not understand it refuses instead of dropping: sums, data and boolean
// values, versions above 10, labels that end in "_". Other unknown labels are ignored, as the RFC asks.
package senml
