// Pushes an order and waits for its result: order ID SKU QUANTITY
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	tries   = 3
	timeout = 5 // seconds
)

// The quantity of a form is a string, and "1" is malformed: an int here makes it a JSON integer.
type order struct {
	ID       string `json:"id"`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
	ReplyTo  string `json:"reply_to"`
}

type result struct{ Request, Status, Outcome, Reason, Detail string }

func variable(name, fallback string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return fallback
}

func connect() (redis.Conn, error) {
	network, address := "unix", os.Getenv("VALKEY_SOCKET")
	if address == "" {
		network, address = "tcp", net.JoinHostPort(variable("VALKEY_HOST", "127.0.0.1"), variable("VALKEY_PORT", "6379"))
	}
	return redis.Dial(network, address,
		redis.DialUsername(os.Getenv("VALKEY_USER")), redis.DialPassword(os.Getenv("VALKEY_PASSWORD")),
		redis.DialConnectTimeout(2*time.Second),
		redis.DialReadTimeout((timeout+5)*time.Second)) // must exceed BLPOP's, or waiting looks like a lost connection
}

func ask(text []byte, id string) (answer result, err error) {
	client, err := connect()
	if err != nil {
		return answer, err
	}
	defer client.Close()
	request, err := redis.String(client.Do("XADD", "orders", "*", "order", text))
	if err != nil {
		return answer, err
	}
	for answer.Request != request { // skip late results of earlier tries
		reply, err := redis.ByteSlices(client.Do("BLPOP", "orders:reply:"+id, timeout))
		if err != nil {
			return answer, err // redis.ErrNil: no result in time
		}
		if err := json.Unmarshal(reply[1], &answer); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: order ID SKU QUANTITY")
		os.Exit(64)
	}
	id := os.Args[1]
	quantity, _ := strconv.ParseInt(os.Args[3], 10, 64) // 0 if it is not a number: malformed, too
	text, _ := json.Marshal(order{id, os.Args[2], quantity, id})

	// After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
	for n := 1; n <= tries; n++ {
		answer, err := ask(text, id)
		if err != nil {
			fmt.Fprintf(os.Stderr, "try %d of %d: %v\n", n, tries, err)
			time.Sleep(200 * time.Millisecond)
			continue
		}
		decision, words := answer.Status, []string{answer.Status}
		if answer.Status == "duplicate" { // it carries the original decision: the one that counts
			decision, words = answer.Outcome, []string{answer.Outcome + " (duplicate)"}
		}
		for _, word := range []string{answer.Reason, answer.Detail} {
			if word != "" {
				words = append(words, word)
			}
		}
		fmt.Printf("%s: %s\n", id, strings.Join(words, ": "))
		if decision != "accepted" {
			os.Exit(1)
		}
		return
	}
	fmt.Printf("%s: unknown; retry with the same ID\n", id)
	os.Exit(2)
}
