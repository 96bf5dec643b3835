#include "load.hpp"

namespace dynascale::testing {

Load::Load(int clients, MakeClient make) {
  for (int client = 0; client < clients; ++client)
    clients_.emplace_back([this, make, client](const std::stop_token& stop) { run(stop, make(client)); });
}

void Load::stop() {
  for (auto& client : clients_) client.request_stop();
  clients_.clear();
}

std::string Load::first_failure() const {
  const std::scoped_lock guard{lock_};
  return first_failure_;
}

void Load::run(const std::stop_token& stop, const Request& request) {
  while (!stop.stop_requested()) {
    const auto failure = request();
    if (failure.empty()) {
      ++answered_;
      continue;
    }
    ++failed_;
    const std::scoped_lock guard{lock_};
    if (first_failure_.empty()) first_failure_ = failure;
  }
}

}  // namespace dynascale::testing
