// Package mqtt takes messages from MQTT 3.1.1 and 5 clients at QoS 0 and 1 and acknowledges each only after its handler
// has returned. It is a way in, not a broker: nothing is passed on to subscribers, nothing is retained, no session
// outlives its connection by more than a minute.
//
// What a client is told of a refusal depends on its version. MQTT 5 has reason codes in PUBACK. MQTT 3.1.1 knows no
// negative acknowledgement: a server that does not take a message must close the connection (3.3.5), and the client
// keeps the message. So does this one; to acknowledge would be to lose data silently.
package mqtt
