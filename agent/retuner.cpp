#include "agent/retuner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/budget/dead_band.hpp"
#include "runtime/run_all.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds detect_time{10};
constexpr std::chrono::seconds late_answer_margin{2};
constexpr std::chrono::seconds save_time{5};
const std::string state_name = "the agent's state";  // Among the busy ones: a disk that hangs holds one thread.

}  // namespace

std::string cgroup_of(const Instance& instance) {
  for (const auto& process : instance.processes)
    if (process.pid == instance.main_pid) return process.cgroup;
  return {};
}

GuestShare within(GuestShare share, const SizeLimits& limits) {
  share.size = within(share.size, limits);
  if (limits.memory) share.memory_floor = std::min(share.memory_floor, *limits.memory);
  return share;
}

bool BusyInstances::enter(const std::string& id) {
  const std::scoped_lock guard{lock_};
  return ids_.insert(id).second;
}

void BusyInstances::leave(const std::string& id) {
  const std::scoped_lock guard{lock_};
  ids_.erase(id);
}

/// Wraps `call` so that its instance counts as busy until it really returns.
template <class R>
std::function<R()> Retuner::exclusively(const std::string& id, std::function<R()> call) {
  return [busy = busy_, id, call = std::move(call)] {
    struct Leave {
      BusyInstances& all;
      const std::string& id;
      ~Leave() { all.leave(id); }
    } const leave{*busy, id};
    return call();
  };
}

Retuner::Retuner(std::vector<std::unique_ptr<Adapter>> adapters, GuestSystem& system, Divide divide,
                 const Clock& clock, OffloadPool& pool, Log& log, RetunerOptions options)
    : adapters_{std::move(adapters)},
      system_{system},
      divide_{std::move(divide)},
      clock_{clock},
      pool_{pool},
      log_{log},
      options_{std::move(options)},
      own_{options_.known},
      busy_{std::make_shared<BusyInstances>()} {}

Adapter* Retuner::adapter_of(const Instance& instance) const {
  const auto found = std::ranges::find_if(
      adapters_, [&](const auto& adapter) { return adapter->info().name == instance.adapter; });
  return found == adapters_.end() ? nullptr : found->get();
}

asio::awaitable<std::vector<Retuner::Found>> Retuner::find() {
  std::vector<std::function<std::vector<Found>()>> jobs;
  jobs.emplace_back([this] {
    const auto processes = system_.processes();
    std::vector<Found> found;
    for (const auto& adapter : adapters_) {
      for (auto& instance : adapter->detect(processes)) {
        auto limits = system_.limits_of(cgroup_of(instance));
        found.push_back({std::move(instance), std::move(limits)});
      }
    }
    return found;
  });
  auto results = co_await run_all(pool_, std::move(jobs), clock_.now() + detect_time);
  co_return results.front().value_or(std::vector<Found>{});
}

asio::awaitable<std::vector<Application>> Retuner::survey(GuestShare share, Instant deadline) {
  const auto found = co_await find();
  fingerprint_ = fingerprint_of(found);
  std::vector<Application> seen;
  std::vector<std::function<std::optional<Result<Settings>>()>> jobs;
  for (const auto& [instance, limits] : found) {
    Adapter* adapter = adapter_of(instance);
    if (!busy_->enter(instance.id)) {
      log_.warning("an application is left out: its last call has not returned", {{"application", instance.id}});
      continue;
    }
    const std::function<std::optional<Result<Settings>>()> read = [this, adapter, one = instance, deadline] {
      return std::optional{adapter->read(one, CallLimits{clock_, deadline, {}})};
    };
    jobs.push_back(exclusively<std::optional<Result<Settings>>>(instance.id, read));
    seen.push_back({instance, limits, {}, std::nullopt, last_resources(instance), {}});
    seen.back().keeps_values = adapter->capabilities().keeps_values;
  }
  auto answers = co_await run_all(pool_, std::move(jobs), deadline);
  for (std::size_t index = 0; index < seen.size(); ++index) {
    if (!answers[index] || !*answers[index]) {
      seen[index].unreadable = Error{Errc::timeout, "the application did not answer in time"};
    } else if (auto& settings = **answers[index]; settings) {
      seen[index].settings = std::move(*settings);
    } else {
      seen[index].unreadable = settings.error();
    }
  }
  plan(seen, share);
  tell(own_.judge(seen, options_.boot, options_.drift));
  last_seen_ = seen;
  co_await remember();
  co_return seen;
}

std::string Retuner::fingerprint_of(const std::vector<Found>& found) const {
  std::string text;
  for (const auto& [instance, limits] : found) text += adapter_of(instance)->fingerprint(instance) + '\n';
  return text;
}

Resources Retuner::last_resources(const Instance& instance) const {
  const auto before = std::ranges::find_if(
      last_seen_, [&](const Application& application) { return application.instance.id == instance.id; });
  if (before != last_seen_.end()) return before->resources;
  Resources kept;
  kept.memory = own_.part_of(instance.id).value_or(Bytes{});
  return kept;
}

void Retuner::tell(const std::vector<Drift>& drifts) {
  const auto* const what = options_.drift == DriftRule::respect
                               ? "a setting was changed by somebody else, and stays as it is"
                               : "a setting was changed by somebody else, and is taken over";
  for (const auto& drift : drifts)
    log_.warning(what, {{"application", drift.application},
                        {"setting", drift.setting},
                        {"ours", drift.ours},
                        {"found", drift.found}});
}

asio::awaitable<void> Retuner::remember() {
  if (!options_.save) co_return;
  auto text = own_.text();
  if (text == saved_ || !busy_->enter(state_name)) co_return;
  std::vector<std::function<Status()>> jobs;
  const std::function<Status()> save = [save = options_.save, text] { return save(text); };
  jobs.push_back(exclusively<Status>(state_name, save));
  const auto kept = co_await run_all(pool_, std::move(jobs), clock_.now() + save_time);
  const auto* const trouble = !kept.front() ? "the disk does not answer" : *kept.front() ? nullptr
                                                                         : kept.front()->error().what.c_str();
  if (trouble != nullptr) log_.warning("what the agent has set is not kept over its restart", {{"error", trouble}});
  saved_ = std::move(text);
}

asio::awaitable<bool> Retuner::same_applications() {
  const auto found = co_await find();
  co_return fingerprint_of(found) == fingerprint_;
}

void Retuner::plan(std::vector<Application>& seen, const GuestShare& share) {
  // What an application needs depends on the vCPUs alone, and is asked before the memory is divided.
  for (auto& application : seen) {
    const Resources whole{within(share.size, application.limits).vcpus, share.size.memory, {}, {}};
    if (!application.unreadable)
      application.plan = adapter_of(application.instance)->plan(application.settings, whole);
  }
  const auto shares = divide_(share, seen);
  for (std::size_t index = 0; index < seen.size(); ++index) {
    seen[index].resources = shares[index];
    if (seen[index].unreadable) continue;
    auto& plan = seen[index].plan = adapter_of(seen[index].instance)->plan(seen[index].settings, shares[index]);
    const auto small = [this](const Change& change) {
      return budget::within_dead_band(change.from, change.to, options_.dead_band);
    };
    std::erase_if(plan.now, small);
    std::erase_if(plan.pending_restart, small);
  }
}

asio::awaitable<std::vector<Retuning>> Retuner::work(std::vector<std::function<Retuning()>> jobs,
                                                     std::vector<Instance> instances, Instant deadline) {
  // Calls are bounded by their deadline; the margin lets them say so themselves.
  const Instant latest = deadline + late_answer_margin;
  auto results = co_await run_all(pool_, std::move(jobs), latest);
  std::vector<Retuning> done;
  for (std::size_t index = 0; index < instances.size(); ++index) {
    if (results[index]) {
      done.push_back(std::move(*results[index]));
      continue;
    }
    Retuning unknown;
    unknown.instance = instances[index];
    unknown.result = RetuneResult::failed;
    unknown.error = "no answer before the deadline; its state is unknown until it is read again";
    done.push_back(std::move(unknown));
  }
  co_return done;
}

asio::awaitable<std::optional<std::vector<Application>>> Retuner::recall(GuestShare share, std::vector<Found> found) {
  if (last_seen_.size() != found.size() || fingerprint_of(found) != fingerprint_) co_return std::nullopt;
  const std::function<std::vector<SizeLimits>()> look = [this, &found] {
    std::vector<SizeLimits> limits;
    for (const auto& one : found) limits.push_back(system_.limits_of(cgroup_of(one.instance)));
    return limits;
  };
  const auto limits = co_await pool_.run<std::vector<SizeLimits>>(look);
  auto applications = last_seen_;
  for (std::size_t index = 0; index < found.size(); ++index) {
    if (applications[index].instance.id != found[index].instance.id) co_return std::nullopt;
    applications[index].instance = found[index].instance;
    applications[index].limits = limits[index];
    applications[index].recalled = true;
  }
  plan(applications, share);
  tell(own_.judge(applications, options_.boot, options_.drift));
  co_return applications;
}

asio::awaitable<std::vector<Retuning>> Retuner::apply(std::vector<Application> applications, Instant deadline,
                                                      std::stop_token stop) {
  std::vector<std::function<Retuning()>> jobs;
  std::vector<Instance> instances;
  for (const auto& application : applications) {
    if (application.plan.now.empty()) continue;
    if (!busy_->enter(application.instance.id)) continue;
    own_.begin(application.instance, application.plan.now);
    Adapter* adapter = adapter_of(application.instance);
    instances.push_back(application.instance);
    jobs.push_back(exclusively<Retuning>(application.instance.id, [this, adapter, application, deadline, stop] {
      const CallLimits limits{clock_, deadline, stop};
      if (application.recalled) {
        const auto now = adapter->read(application.instance, limits);
        if (!now || now->values != application.settings.values) return Retuning{};
      }
      return apply_plan(*adapter, application.instance, application.plan, limits);
    }));
  }
  co_await remember();
  auto done = co_await work(std::move(jobs), std::move(instances), deadline);
  std::erase_if(done, [](const Retuning& one) { return one.instance.id.empty(); });
  own_.record(done, options_.boot);
  co_await remember();
  co_return done;
}

asio::awaitable<std::vector<Retuning>> Retuner::run_on(Instance instance, Work work, Instant deadline) {
  Adapter* adapter = adapter_of(instance);
  std::vector<std::function<Retuning()>> jobs;
  std::vector<Instance> instances;
  if (adapter == nullptr || !busy_->enter(instance.id)) co_return std::vector<Retuning>();
  const std::function<Retuning()> job = [adapter, work = std::move(work)] { return work(*adapter); };
  jobs.push_back(exclusively<Retuning>(instance.id, job));
  instances.push_back(std::move(instance));
  co_return co_await this->work(std::move(jobs), std::move(instances), deadline);
}

Bytes Retuner::restart_growth(const Application& application) const {
  const Adapter* adapter = adapter_of(application.instance);
  return adapter == nullptr ? Bytes{} : adapter->restart_growth(application.plan.pending_restart);
}

asio::awaitable<std::vector<Retuning>> Retuner::undo(std::vector<Retuning> done, Instant deadline) {
  std::vector<std::function<Retuning()>> jobs;
  std::vector<Instance> instances;
  for (const auto& retuning : done) {
    if (retuning.outcomes.empty() || !busy_->enter(retuning.instance.id)) continue;
    std::vector<Change> changes;
    for (const auto& outcome : retuning.outcomes) changes.push_back(outcome.change);
    own_.begin(retuning.instance, changes);
    Adapter* adapter = adapter_of(retuning.instance);
    instances.push_back(retuning.instance);
    jobs.push_back(exclusively<Retuning>(retuning.instance.id, [this, adapter, retuning, deadline] {
      return undo_changes(*adapter, retuning, CallLimits{clock_, deadline, {}});
    }));
  }
  co_await remember();
  auto undone = co_await work(std::move(jobs), std::move(instances), deadline);
  own_.record(undone, options_.boot);
  co_await remember();
  co_return undone;
}

}  // namespace dynascale::agent
