#include "agent/metric_calls.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
constexpr Duration look_every = 1s;
constexpr Duration call_limit = 5s;
constexpr Duration longest_pause = 2min;
constexpr unsigned most_doublings = 4;

}  // namespace

asio::awaitable<void> MetricCalls::run() {
  asio::steady_timer timer{executor_};
  for (;;) {
    co_await ask_due();
    timer.expires_after(look_every);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> MetricCalls::ask_due() {
  forget_gone();
  // A copy: a survey may replace them meanwhile.
  const auto applications = retuner_.applications();
  for (const auto& application : applications) {
    const auto& instance = application.instance;
    Adapter* const adapter = retuner_.adapter_of(instance);
    const auto every = adapter == nullptr ? std::nullopt : adapter->metrics_every(instance);
    if (!every) continue;
    auto& asked = asked_[instance.id];
    const auto begun = clock_.now();
    if (begun < asked.next) continue;
    const auto deadline = begun + call_limit;
    std::function<Result<Figures>()> call = [adapter, instance, deadline, &clock = clock_] {
      return adapter->metrics(instance, CallLimits{clock, deadline, {}});
    };
    const auto figures = co_await pool_.run(std::move(call));
    take(instance.id, asked, figures, clock_.now());
    const auto doublings = std::min(asked.failures, most_doublings);
    asked.next = begun + std::min(*every * (1U << doublings), std::max(longest_pause, *every));
  }
}

void MetricCalls::take(const std::string& id, Asked& asked, const Result<Figures>& figures, Instant now) {
  auto told = figures ? book_.tell(id, id, *figures, now) : Status{tl::unexpected(figures.error())};
  if (!told) {
    book_.ail(id, told.error().what);
    if (asked.failures++ == 0)
      log_.warning("an application's command does not tell its figures",
                   {{"application", id}, {"error", told.error().what}});
    asked.fault = told.error().what;
    return;
  }
  for (const auto& name : book_.names_of(id))
    if (!figures->contains(name)) book_.miss(id, id, name, "its command does not print it any more", now);
  asked.failures = 0;
  asked.fault.clear();
}

void MetricCalls::forget_gone() {
  const auto& running = retuner_.applications();
  std::erase_if(asked_, [&](const auto& entry) {
    const auto same = [&](const Application& application) { return application.instance.id == entry.first; };
    const bool gone = std::ranges::none_of(running, same);
    if (gone) book_.forget(entry.first);
    return gone;
  });
}

std::string MetricCalls::fault_of(const std::string& id) const {
  const auto found = asked_.find(id);
  return found == asked_.end() || found->second.fault.empty() ? std::string{} : "metrics: " + found->second.fault;
}

}  // namespace dynascale::agent
