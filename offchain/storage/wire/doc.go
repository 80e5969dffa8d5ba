// Package wire is what storage nodes and their clients say to each other: the messages (node.proto), their frames and
// limits (protocol.go, frame.go), and the bytes every signature in them is made over (sign.go).
package wire
