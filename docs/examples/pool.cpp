/// A pool of threads that follows its budget: one thread a vCPU, busy with counting.
///
///     c++ -std=c++20 -O2 -pthread pool.cpp -o pool && ./pool [SOCKET]
///
/// A thread that has to go finishes its task first. Without an agent the pool stays as it is and tries again.

#include <dynascale_client.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

class Pool {
 public:
  void resize(std::size_t count) {
    while (threads_.size() < count) threads_.emplace_back(work);
    for (auto index = count; index < threads_.size(); ++index) threads_[index].request_stop();
    threads_.resize(count);  // Joins those that leave.
  }
  std::size_t size() const { return threads_.size(); }

 private:
  static void work(const std::stop_token& stop) {
    volatile unsigned long sum = 0;
    while (!stop.stop_requested())
      for (unsigned long number = 0; number < 200'000; ++number) sum = sum + number;  // One task.
  }
  std::vector<std::jthread> threads_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string socket = argc > 1 ? argv[1] : "/run/dynascale/agent.sock";
  Pool pool;
  pool.resize(1);
  for (;; std::this_thread::sleep_for(std::chrono::seconds{1})) {
    dynascale_client::Agent agent;
    if (!agent.connect("pool-cpp", static_cast<long long>(pool.size()), socket)) {
      std::fprintf(stderr, "no agent: %s\n", agent.error().c_str());
      continue;
    }
    while (const auto budget = agent.next()) {
      if (budget->memory || budget->value < 1 || budget->value > 1024) {
        agent.refused(*budget, "1 to 1024 vCPUs are followed");
        continue;
      }
      pool.resize(static_cast<std::size_t>(budget->value));
      agent.applied(*budget);
    }
  }
}
