// A program with known habits, to be traced and drilled: subject HABIT.
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

volatile sig_atomic_t hung_up = 0;

void rest() {
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
}

int listen_somewhere() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? ::listen(fd, 8) : -1;
}

/// As many idle threads as it is told to.
class Pool {
 public:
  void resize(int size) {
    wanted_ = size;
    for (; running_ < size; ++running_) {
      std::thread{[this] {
        for (int place = place_++; place < wanted_;) rest();
        --place_;
      }}.detach();
    }
    running_ = size;
  }

 private:
  std::atomic<int> wanted_ = 0;
  std::atomic<int> place_ = 0;
  int running_ = 0;
};

int ask_for_cpus() {
  return ::get_nprocs();
}

/// A pool of one thread a CPU, sized at start and again by `again`.
int follow(const std::function<bool()>& again) {
  ::signal(SIGHUP, [](int) { hung_up = 1; });
  static Pool pool;
  pool.resize(ask_for_cpus());
  if (listen_somewhere() != 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    rest();
    if (again()) pool.resize(ask_for_cpus());
  }
}

bool was_hung_up() {
  const bool yes = hung_up != 0;
  hung_up = 0;
  return yes;
}

int noise() {
  std::vector<int> numbers(1'000'000);
  for (auto& number : numbers) number = ::rand();
  ::qsort(numbers.data(), numbers.size(), sizeof(int),
          [](const void* a, const void* b) { return std::memcmp(a, b, sizeof(int)); });
  std::thread{[] {
    pthread_attr_t attributes;
    ::pthread_getattr_np(::pthread_self(), &attributes);
    ::pthread_attr_destroy(&attributes);
  }}.join();
  std::vector<std::thread> threads;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([] {
      void* volatile kept = std::malloc(100);  // From an arena of the thread's own.
      std::free(kept);
      for (int j = 0; j < 4; ++j) rest();
    });
  }
  for (auto& thread : threads) thread.join();
  return 0;
}

int hold_memory() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  void* memory =
      ::mmap(nullptr, 32U << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  ::mlock(memory, 32U << 20);
  return memory == MAP_FAILED;
}

int fork_without_end() {
  for (;;) {
    if (::fork() < 0) rest();
  }
}

int close_everything() {
  for (int fd = 0; fd < 1024; ++fd) ::close(fd);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(ask_for_cpus());
    rest();
  }
  return 7;
}

/// Threads that ask all the time while the process is killed: it dies in the middle of a question.
int die_asking() {
  for (int i = 0; i < 8; ++i) {
    std::thread{[] {
      for (;;) static_cast<void>(ask_for_cpus());
    }}.detach();
  }
  rest();
  ::kill(::getpid(), SIGKILL);
  return 0;
}

/// Paths that are none, or lie at the end of a mapping.
int ask_badly() {
  auto* page =
      static_cast<char*>(::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::munmap(page + 4096, 4096);
  const char name[] = "/proc/meminfo";
  std::memcpy(page + 4096 - sizeof name, name, sizeof name);
  const int fd = ::open(page + 4096 - sizeof name, 0);
  std::memset(page, '/', 4096);
  const int unterminated = ::open(page, 0);
  const int nowhere = ::open(reinterpret_cast<const char*>(8), 0);
  return fd >= 0 && unterminated < 0 && nowhere < 0 ? 0 : 1;
}

int stop_itself() {
  static_cast<void>(ask_for_cpus());
  ::raise(SIGSTOP);
  return 3;
}

/// Leaves a child in a session of its own that ignores every signal that can be ignored.
int leave_a_daemon() {
  if (::fork() == 0) {
    ::setsid();
    for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_IGN);
    if (::fork() != 0) return 0;
    for (;;) rest();
  }
  return follow([] { return false; });
}

const std::map<std::string, std::function<int()>> habits{
    {"live", [] { return follow([] { return true; }); }},
    {"reload", [] { return follow(was_hung_up); }},
    {"fixed", [] { return follow([] { return false; }); }},
    {"noise", noise},
    {"hold", hold_memory},
    {"fork-bomb", fork_without_end},
    {"close", close_everything},
    {"die-asking", die_asking},
    {"ask-badly", ask_badly},
    {"stop", stop_itself},
    {"daemon", leave_a_daemon},
    {"exit", [] { return 42; }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto habit = habits.find(argc > 1 ? argv[1] : "");
  return habit == habits.end() ? 2 : habit->second();
}
