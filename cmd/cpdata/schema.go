package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

const schemaHelp = `The schema file is JSON:
  {"time": {"field": "date", "format": "local"},
   "fields": [{"name": "temperature", "unit": "Cel", "type": "fixed", "decimals": 1, "min": "-60", "max": "60"},
              {"name": "sensor", "type": "text", "key": true}]}
Types: int, fixed (exact decimals), float, text. Time formats: rfc3339, local (2006-01-02T15:04:05, UTC), unix_s, unix_ms,
offset_s (seconds since the origin). Units are SenML's (RFC 8428).`

type schemaFile struct {
	Time struct {
		Field  string `json:"field"`
		Format string `json:"format"`
	} `json:"time"`
	Fields []struct {
		Name     string `json:"name"`
		Unit     string `json:"unit"`
		Type     string `json:"type"`
		Decimals uint32 `json:"decimals"`
		Min      string `json:"min"`
		Max      string `json:"max"`
		Key      bool   `json:"key"`
	} `json:"fields"`
}

var fieldTypes = map[string]datarights.FieldType{
	"int": datarights.FIELD_TYPE_INT, "fixed": datarights.FIELD_TYPE_FIXED,
	"float": datarights.FIELD_TYPE_FLOAT, "text": datarights.FIELD_TYPE_TEXT,
}

// readSchema reads a schema file and checks it as the chain will.
func readSchema(path string) (datarights.Schema, error) {
	bz, err := os.ReadFile(path)
	if err != nil {
		return datarights.Schema{}, err
	}
	var file schemaFile
	dec := json.NewDecoder(bytes.NewReader(bz))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return datarights.Schema{}, fmt.Errorf("schema %s: %w", path, err)
	}
	schema := datarights.Schema{TimeField: file.Time.Field, TimeFormat: file.Time.Format}
	for _, f := range file.Fields {
		kind, ok := fieldTypes[f.Type]
		if !ok {
			return datarights.Schema{}, fmt.Errorf("schema %s: field %q has type %q: use int, fixed, float or text", path, f.Name, f.Type)
		}
		schema.Fields = append(schema.Fields, datarights.Field{
			Name: f.Name, Unit: f.Unit, Type: kind, Decimals: f.Decimals, Min: f.Min, Max: f.Max, Key: f.Key,
		})
	}
	if _, err := schema.Timechain(); err != nil {
		return datarights.Schema{}, fmt.Errorf("schema %s: %w", path, err)
	}
	return schema, nil
}
