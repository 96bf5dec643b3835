#include "ctl/simulate/tune/tune.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "ctl/simulate/configured.hpp"
#include "ctl/simulate/tune/knobs.hpp"

namespace dynascale::simulate {
namespace {

using Clock = std::chrono::steady_clock;

Pieces trial(const Trace& trace, const config::GuestPolicy& policy, const Settings& settings) {
  auto setup = settings.setup;
  setup.step_seconds = trace.step_seconds;
  const auto demand = demand_of(trace, Resource::cpu, setup.units_max);
  const auto make = [&]() -> PolicyPtr { return std::make_unique<Configured>(policy.policy, setup); };
  const auto sizes = replay(make, demand, setup, settings.observing).sizes;
  const auto warm_up = trace.day_steps();
  const auto scored = std::span{demand}.subspan(warm_up);
  const auto in_force = std::span{sizes}.subspan(warm_up);
  Pieces pieces;
  for (std::size_t piece = 0; piece < tune_pieces; ++piece) {
    const auto begin = piece_begin(scored.size(), tune_pieces, piece);
    const auto length = piece_begin(scored.size(), tune_pieces, piece + 1) - begin;
    pieces.push_back(tally(scored.subspan(begin, length), in_force.subspan(begin, length),
                           trace.step_seconds / 3600, setup.prices));
  }
  return pieces;
}

/// Tries candidates on all workers until the time is over. Results are whole candidates from the first on.
class Search {
 public:
  Search(std::span<const Trace> traces, std::span<const config::GuestPolicy> policies,
         const Settings& settings, Clock::time_point end)
      : traces_{traces}, policies_{policies}, settings_{settings}, end_{end} {
    trials_.resize(policies.size(), std::vector<Pieces>(traces.size()));
    left_.assign(policies.size(), traces.size());
  }

  Trials run() {
    {
      std::vector<std::jthread> threads;
      for (std::size_t extra = 1; extra < settings_.workers; ++extra)
        threads.emplace_back([this] { work(); });
      work();
    }
    const auto whole = std::ranges::find_if(left_, [](std::size_t left) { return left > 0; }) - left_.begin();
    trials_.resize(static_cast<std::size_t>(whole));
    return std::move(trials_);
  }

 private:
  static constexpr std::size_t always = 2;  ///< Candidates that are tried whatever the time.

  void work() {
    for (std::size_t at = next_++; at < traces_.size() * policies_.size(); at = next_++) {
      const std::size_t candidate = at / traces_.size();
      const std::size_t series = at % traces_.size();
      if (candidate >= always && Clock::now() >= end_) return;
      trials_[candidate][series] = trial(traces_[series], policies_[candidate], settings_);
      const std::lock_guard guard(lock_);
      if (--left_[candidate] == 0 && settings_.progress) settings_.progress(++done_, policies_.size());
    }
  }

  std::span<const Trace> traces_;
  std::span<const config::GuestPolicy> policies_;
  const Settings& settings_;
  Clock::time_point end_;
  Trials trials_;
  std::atomic<std::size_t> next_{0};
  std::mutex lock_;
  std::vector<std::size_t> left_;  ///< Series of each candidate.
  std::size_t done_ = 0;
};

}  // namespace

Result<Tuned> tune(std::span<const Trace> traces, const TuneRequest& request, const Settings& settings) {
  if (settings.resource == Resource::memory)
    return fail(Errc::invalid_argument,
                "--tune is for vCPUs: hostd sizes memory with figures that no record holds");
  if (const auto valid = check(traces, settings.resource); !valid) return tl::unexpected(valid.error());
  for (const Trace& trace : traces)
    if (trace.cpu_percent.size() < trace.day_steps() + 2 * tune_pieces)
      return fail(Errc::invalid_argument,
                  trace.name + ": too short to be divided; a record of several days is needed");
  const auto policies = candidates(request.base, request.rule, request.candidates_max);
  const auto trials = Search{traces, policies, settings, Clock::now() + request.at_most}.run();
  Tuned tuned;
  tuned.validated = walk_forward(trials);
  tuned.policy = policies[tuned.validated.recommended];
  tuned.candidates = policies.size();
  tuned.tried = trials.size();
  return tuned;
}

}  // namespace dynascale::simulate
