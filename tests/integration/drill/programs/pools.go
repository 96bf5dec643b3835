// Writes what the runtime says of the machine, again and again.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	now := os.Args[1]
	for {
		text := fmt.Sprintf("numCPU %d\ngomaxprocs %d\n", runtime.NumCPU(), runtime.GOMAXPROCS(0))
		os.WriteFile(now+".new", []byte(text), 0o644)
		os.Rename(now+".new", now)
		time.Sleep(100 * time.Millisecond)
	}
}
