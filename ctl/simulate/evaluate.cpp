#include "ctl/simulate/evaluate.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cmath>
#include <ctime>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "core/policy/forecast_rule.hpp"

namespace dynascale::simulate {
namespace {

/// Of this thread, in seconds: other threads and programs do not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// One trace, ready for every policy.
struct Prepared {
  std::vector<double> demand;
  Hindsight known;
  double least = 0;  ///< Cost in hindsight.
};

Prepared prepare(const Trace& trace, const Settings& settings) {
  Prepared made;
  made.known.setup = settings.setup;
  made.known.setup.step_seconds = trace.step_seconds;
  made.known.hours = trace.step_seconds / 3600.0;
  made.demand = demand_of(trace, settings.resource, settings.setup.units_max);
  made.known.all = made.demand;
  made.known.scored = made.known.all.subspan(trace.day_steps());
  const auto& [all, scored, hours, setup] = made.known;
  const auto oracle = cheapest_in_hindsight(scored, hours, setup.units_max, setup.prices);
  made.least = tally(scored, oracle, hours, setup.prices).cost;
  return made;
}

SeriesScore score_run(const Trace& trace, const PolicyEntry& policy, const Prepared& prepared,
                      Observing observing) {
  const Hindsight& known = prepared.known;
  SeriesScore score{.series = trace.name};
  if (policy.sizes_in_hindsight != nullptr) {
    score.sizes = policy.sizes_in_hindsight(known);
  } else {
    const double before = processor_seconds();
    auto replayed = replay([&] { return policy.make(known.setup); }, known.all, known.setup, observing);
    score.decide_seconds = processor_seconds() - before;
    score.decisions = replayed.decisions;
    score.policy_bytes = replayed.policy_bytes;
    score.sizes = std::move(replayed.sizes);
    score.sizes.erase(score.sizes.begin(),
                      score.sizes.end() - static_cast<std::ptrdiff_t>(known.scored.size()));
  }
  score.tally = tally(known.scored, score.sizes, known.hours, known.setup.prices);
  score.ratio = score.tally.cost / prepared.least;
  return score;
}

/// `work` for each index below `count`, on all workers.
void spread(std::size_t workers, std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t at = next++; at < count; at = next++) work(at);
  };
  std::vector<std::jthread> threads;
  for (std::size_t extra = 1; extra < std::min(workers, count); ++extra) threads.emplace_back(take);
  take();
}

PolicyScore summarise(const PolicyEntry& policy, std::vector<SeriesScore> series) {
  PolicyScore summary{.policy = std::string(policy.name), .series = std::move(series)};
  double logs = 0;
  double least = 0;
  for (const SeriesScore& score : summary.series) {
    summary.total += score.tally;
    summary.decide_seconds += score.decide_seconds;
    summary.decisions += score.decisions;
    summary.policy_bytes = std::max(summary.policy_bytes, score.policy_bytes);
    logs += std::log(score.ratio);
    least += score.tally.cost / score.ratio;
  }
  summary.score_geomean = std::exp(logs / static_cast<double>(summary.series.size()));
  summary.score_pooled = summary.total.cost / least;
  return summary;
}

}  // namespace

Status check(std::span<const Trace> traces, Resource resource) {
  for (const Trace& trace : traces) {
    const auto& column = resource == Resource::cpu ? trace.cpu_percent : trace.memory_percent;
    if (column.empty())
      return fail(Errc::invalid_argument,
                  resource == Resource::memory
                      ? fmt::format("{}: has no column mem_util_percent; leave it out or use --resource cpu",
                                    trace.name)
                      : fmt::format("{}: holds no use of CPUs; use --resource memory", trace.name));
    const auto warm_up = static_cast<std::ptrdiff_t>(std::min(trace.day_steps(), column.size()));
    if (std::all_of(column.begin() + warm_up, column.end(), is_missing))
      return fail(
          Errc::invalid_argument,
          fmt::format("{}: lasts at most a day; the first day is warm-up, so a longer record is needed",
                      trace.name));
  }
  return {};
}

Replayed replay(const std::function<PolicyPtr()>& make, std::span<const double> demand,
                const SizingSetup& setup, Observing observing) {
  assert(setup.lead_steps >= 1);
  const double gap_s = std::chrono::duration<double>(policy::longest_gap).count();
  const auto longest_gap = static_cast<std::size_t>(std::max(1.0, gap_s / setup.step_seconds));
  Replayed result;
  result.sizes.reserve(demand.size());
  std::deque<int> coming(static_cast<std::size_t>(setup.lead_steps), setup.units_max);
  PolicyPtr policy = make();
  std::optional<predict::Observation> last;
  std::size_t gap = 0;
  for (const double value : demand) {
    const int size = coming.front();
    coming.pop_front();
    result.sizes.push_back(size);
    gap = is_missing(value) ? gap + 1 : 0;
    if (gap > longest_gap) last.reset();
    if (gap == 0) {
      if (!last && result.decisions > 0) policy = make();
      last = {.demand = value, .allocated = size};
      if (observing == Observing::censored && value > size)
        *last = {.demand = double{1} * size, .saturated = true};
    }
    if (last) last->allocated = size;
    coming.push_back(last ? policy->decide(*last) : coming.empty() ? size : coming.back());
    result.decisions += last ? 1U : 0U;
  }
  result.policy_bytes = policy->bytes();
  return result;
}

Result<std::vector<PolicyScore>> evaluate(std::span<const Trace> traces,
                                          std::span<const PolicyEntry* const> policies,
                                          const Settings& settings) {
  if (auto valid = check(traces, settings.resource); !valid) return tl::unexpected<Error>(valid.error());
  std::vector<Prepared> prepared(traces.size());
  spread(settings.workers, traces.size(),
         [&](std::size_t at) { prepared[at] = prepare(traces[at], settings); });
  std::vector<SeriesScore> runs(traces.size() * policies.size());
  std::size_t done = 0;
  std::mutex progress_lock;
  spread(settings.workers, runs.size(), [&](std::size_t at) {
    const std::size_t trace = at / policies.size();
    runs[at] = score_run(traces[trace], *policies[at % policies.size()], prepared[trace], settings.observing);
    const std::lock_guard guard(progress_lock);
    ++done;
    if (settings.progress) settings.progress(done, runs.size());
  });
  std::vector<PolicyScore> summaries;
  for (std::size_t policy = 0; policy < policies.size(); ++policy) {
    std::vector<SeriesScore> series;
    for (std::size_t trace = 0; trace < traces.size(); ++trace)
      series.push_back(std::move(runs[trace * policies.size() + policy]));
    summaries.push_back(summarise(*policies[policy], std::move(series)));
  }
  return summaries;
}

}  // namespace dynascale::simulate
