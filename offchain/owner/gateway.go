package owner

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Gateway talks to a gateway's HTTP interface as its owner.
type Gateway struct {
	url  string
	http *http.Client
}

// maxGatewayAnswer bounds what is read from a gateway.
const maxGatewayAnswer = 1 << 20

// NewGateway is the gateway at an address like http://127.0.0.1:8480.
func NewGateway(url string) *Gateway {
	return &Gateway{url: strings.TrimRight(url, "/"), http: &http.Client{Timeout: 30 * time.Second}}
}

// Identity is who a gateway says it is.
type Identity struct {
	ChainID   string `json:"chain_id"`
	Account   string `json:"account"`
	WriterKey string `json:"writer_key"`
	SealKey   string `json:"seal_key"`
	PeerID    string `json:"peer_id"`
	// DeviceKey is hex; empty where the gateway holds none.
	DeviceKey string `json:"device_key"`
}

// Writer is the identity as a stream's writer.
func (i Identity) Writer() (datarights.Writer, error) {
	key, err := hex.DecodeString(i.WriterKey)
	if err != nil {
		return datarights.Writer{}, fmt.Errorf("gateway's writer key is not hex: %w", err)
	}
	sealKey, err := hex.DecodeString(i.SealKey)
	if err != nil {
		return datarights.Writer{}, fmt.Errorf("gateway's seal key is not hex: %w", err)
	}
	return datarights.Writer{Account: i.Account, Key: key, SealKey: sealKey}, nil
}

// Identity asks the gateway who it is.
func (g *Gateway) Identity(ctx context.Context) (Identity, error) {
	var id Identity
	return id, g.call(ctx, http.MethodGet, "/v1/identity", "", nil, &id)
}

// WriterProof asks for the writer key's signature for a new stream (by owner and name) or an existing one (by id).
func (g *Gateway) WriterProof(ctx context.Context, owner, name string, stream uint64) ([]byte, error) {
	ask := map[string]any{"owner": owner, "name": name}
	if stream != 0 {
		ask = map[string]any{"stream": stream}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Proof string `json:"proof"`
	}
	if err := g.call(ctx, http.MethodPost, "/v1/writer-proof", "application/json", body, &answer); err != nil {
		return nil, err
	}
	return hex.DecodeString(answer.Proof)
}

// Provisioned is what a gateway holds keys for after seeds were handed over.
type Provisioned struct {
	Stream   uint64 `json:"stream"`
	From     string `json:"from"`
	To       string `json:"to"`
	KeysLeft uint64 `json:"keys_left"`
}

// Provision hands a sealed parcel of seeds over.
func (g *Gateway) Provision(ctx context.Context, sealed []byte) (Provisioned, error) {
	var p Provisioned
	return p, g.call(ctx, http.MethodPost, "/v1/provision", "application/octet-stream", sealed, &p)
}

func (g *Gateway) call(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, g.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("gateway address %q: %w", g.url, err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := g.http.Do(req)
	if err != nil {
		return fmt.Errorf("gateway does not answer: is it started, and is %s its http address? %w", g.url, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxGatewayAnswer))
	if err != nil {
		return fmt.Errorf("gateway %s: %w", g.url, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("gateway %s refused: %s: %s", g.url, res.Status, strings.TrimSpace(string(answer)))
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("gateway %s sent no JSON: %w", g.url, err)
	}
	return nil
}
