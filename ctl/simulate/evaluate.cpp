#include "ctl/simulate/evaluate.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace dynascale::simulate {
namespace {

/// Of this thread, in seconds: other threads and programs do not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void decide_all(const PolicyEntry& policy, const Hindsight& known, Observing observing, SeriesScore& score) {
  if (policy.sizes_in_hindsight != nullptr) {
    score.sizes = policy.sizes_in_hindsight(known);
    return;
  }
  const auto object = policy.make(known.setup);
  const double before = processor_seconds();
  score.sizes = replay(*object, known.all, known.setup, observing);
  score.decide_seconds = processor_seconds() - before;
  score.decisions = known.all.size();
  score.policy_bytes = object->bytes();
  score.sizes.erase(score.sizes.begin(),
                    score.sizes.end() - static_cast<std::ptrdiff_t>(known.scored.size()));
}

/// All policies on one trace, in the order asked for.
std::vector<SeriesScore> score_trace(const Trace& trace, std::span<const PolicyEntry* const> policies,
                                     const Settings& settings) {
  Hindsight known{.setup = settings.setup};
  known.setup.step_seconds = trace.step_seconds;
  known.hours = trace.step_seconds / 3600.0;
  const auto demand = demand_of(trace, settings.resource, known.setup.units_max);
  known.all = demand;
  known.scored = known.all.subspan(trace.day_steps());
  const auto oracle =
      cheapest_in_hindsight(known.scored, known.hours, known.setup.units_max, known.setup.prices);
  const double least = tally(known.scored, oracle, known.hours, known.setup.prices).cost;
  std::vector<SeriesScore> scores;
  for (const PolicyEntry* policy : policies) {
    SeriesScore score{.series = trace.name};
    decide_all(*policy, known, settings.observing, score);
    score.tally = tally(known.scored, score.sizes, known.hours, known.setup.prices);
    score.ratio = score.tally.cost / least;
    scores.push_back(std::move(score));
  }
  return scores;
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

Status check(std::span<const Trace> traces, Resource resource) {
  for (const Trace& trace : traces) {
    if (trace.cpu_percent.size() <= trace.day_steps()) {
      return fail(
          Errc::invalid_argument,
          fmt::format("{}: lasts at most a day; the first day is warm-up, so a longer record is needed",
                      trace.name));
    }
    if (resource == Resource::memory && trace.memory_percent.empty()) {
      return fail(
          Errc::invalid_argument,
          fmt::format("{}: has no column mem_util_percent; leave it out or use --resource cpu", trace.name));
    }
  }
  return {};
}

}  // namespace

std::vector<int> replay(predict::SizingPolicy& policy, std::span<const double> demand,
                        const SizingSetup& setup, Observing observing) {
  assert(setup.lead_steps >= 1);
  std::vector<int> sizes;
  sizes.reserve(demand.size());
  std::deque<int> coming(static_cast<std::size_t>(setup.lead_steps), setup.units_max);
  for (const double value : demand) {
    const int size = coming.front();
    coming.pop_front();
    sizes.push_back(size);
    predict::Observation seen{.demand = value, .allocated = size};
    if (observing == Observing::censored && value > size) {
      seen.demand = size;
      seen.saturated = true;
    }
    coming.push_back(policy.decide(seen));
  }
  return sizes;
}

Result<std::vector<PolicyScore>> evaluate(std::span<const Trace> traces,
                                          std::span<const PolicyEntry* const> policies,
                                          const Settings& settings) {
  if (auto valid = check(traces, settings.resource); !valid) return tl::unexpected<Error>(valid.error());
  std::vector<std::vector<SeriesScore>> by_trace(traces.size());
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;
  std::mutex progress_lock;
  const auto work = [&] {
    for (std::size_t at = next++; at < traces.size(); at = next++) {
      by_trace[at] = score_trace(traces[at], policies, settings);
      const std::lock_guard guard(progress_lock);
      ++done;
      if (settings.progress) settings.progress(done, traces.size());
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t extra = 1; extra < settings.workers; ++extra) threads.emplace_back(work);
    work();
  }
  std::vector<PolicyScore> summaries;
  for (std::size_t policy = 0; policy < policies.size(); ++policy) {
    std::vector<SeriesScore> series;
    for (auto& scores : by_trace) series.push_back(std::move(scores[policy]));
    summaries.push_back(summarise(*policies[policy], std::move(series)));
  }
  return summaries;
}

}  // namespace dynascale::simulate
