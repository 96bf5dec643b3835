#include "agent/metric_poll.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/metric_fetch.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
/// An endpoint that comes and goes fills no journal.
constexpr std::chrono::minutes log_every{1};

}  // namespace

MetricPoll::MetricPoll(asio::any_io_executor executor, const std::string& name, config::MetricSource source,
                       MetricBook& book, const Clock& clock, Log& log)
    : executor_{std::move(executor)},
      from_{"metrics:" + name},
      source_{std::move(source)},
      book_{book},
      clock_{clock},
      log_{log} {
  for (const auto& [figure, rule] : source_.figures) figures_.emplace(figure, exposition::Figure{rule});
}

asio::awaitable<void> MetricPoll::run() {
  asio::steady_timer timer{executor_};
  for (;;) {
    exposition::Scan scan{source_.figures};
    TakeLine take_line = [&scan](std::string_view line) { return scan.take(line); };
    const auto fetched = co_await fetch_metrics(source_.url, source_.timeout, std::move(take_line));
    if (fetched) take(scan, clock_.now());
    else ail(fetched.error().what, clock_.now());
    timer.expires_after(source_.every);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

void MetricPoll::take(const exposition::Scan& scan, Instant now) {
  if (ailing_) log_.info("an application's endpoint tells its figures again", {{"endpoint", from_}});
  ailing_ = false;
  for (auto& [name, figure] : figures_) {
    auto points = scan.points_of(name);
    const auto value = points ? figure.take(std::move(*points), now) : Result<double>{tl::unexpected(points.error())};
    auto told = value ? book_.tell(from_, from_, {{name, *value}}, now) : Status{tl::unexpected(value.error())};
    if (!told) book_.miss(from_, from_, name, told.error().what, now);
  }
}

void MetricPoll::ail(const std::string& why, Instant now) {
  // What it never told is not known; what it told once gets old.
  const auto known = book_.names_of(from_);
  for (const auto& [name, figure] : figures_)
    if (std::ranges::find(known, name) == known.end()) book_.miss(from_, from_, name, why, now);
  book_.ail(from_, why);
  if (!ailing_ && (!logged_ || now - *logged_ >= log_every)) {
    log_.warning("an application's endpoint does not tell its figures", {{"endpoint", from_}, {"error", why}});
    logged_ = now;
  }
  ailing_ = true;
}

}  // namespace dynascale::agent
