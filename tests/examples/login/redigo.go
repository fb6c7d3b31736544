// Logs in and sends one command: redigo WORD...
package main

import (
	"fmt"
	"os"

	"github.com/gomodule/redigo/redis"
)

func main() {
	client, err := redis.Dial("tcp", "127.0.0.1:"+os.Getenv("VALKEY_PORT"),
		redis.DialUsername(os.Getenv("VALKEY_USER")), redis.DialPassword(os.Getenv("VALKEY_PASSWORD")),
		redis.DialClientName("login")) // sent at login, too
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	words := []interface{}{}
	for _, word := range os.Args[2:] {
		words = append(words, word)
	}
	reply, err := client.Do(os.Args[1], words...)
	fmt.Printf("%s %v\n", reply, err)
}
