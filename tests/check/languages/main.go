package main

import (
	"fmt"
	"runtime"
)

// expect: DSC102
var workers = runtime.NumCPU()

// expect: DSC102
const _ = 0 + 0; var sem = make(chan struct{}, runtime.NumCPU()*2)

func init() {
	// expect: DSC105
	runtime.GOMAXPROCS(runtime.NumCPU())
	// expect: DSC105
	runtime.GOMAXPROCS(4)
}

func NewPool(n int) *Pool {
	if n <= 0 {
		// expect: DSC101
		n = runtime.GOMAXPROCS(0)
	}
	return &Pool{size: n}
}

func New() *Server {
	return &Server{
		// expect: DSC102
		Workers: runtime.NumCPU(),
		// expect: DSC101
		Parallel: runtime.GOMAXPROCS(-1),
	}
}

func process(items []int) {
	var g errgroup.Group
	// ok: DSC101
	g.SetLimit(min(runtime.GOMAXPROCS(0), 100))
}

func handle(w http.ResponseWriter) {
	// ok: DSC102
	fmt.Fprintf(w, "cpus=%d", runtime.NumCPU())
}

func stats() map[string]int {
	return map[string]int{
		// ok: DSC102
		"num_cpu": runtime.NumCPU(),
	}
}

func main() {
	// expect: DSC102
	for i := 0; i < runtime.NumCPU(); i++ {
		go worker()
	}
	// ok: DSC102
	log.Printf("%d CPUs", runtime.NumCPU())
	// expect: DSC301
	v, _ := mem.VirtualMemory()
	cache := newCache(v.Total / 4)
	// expect: DSC303
	debug.SetMemoryLimit(2 << 30)
	// expect: DSC201
	unix.SchedSetaffinity(0, &set)
	// expect: DSC402
	unix.Mlockall(unix.MCL_CURRENT)
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	// expect: DSC301
	total := si.Totalram * uint64(si.Unit)
	start(cache, total)
}
