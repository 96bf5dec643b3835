#include "hostd/guest.hpp"
#include "hostd/requests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/arbiter/guest_side.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

std::string size_text(const Size& size) { return fmt::format("{} vCPUs, {}", size.vcpus, size.memory); }

policy::ResizeResult result_of(const plan::Finished& finished, Instant began) {
  policy::ResizeResult result;
  result.began = began;
  result.before = finished.from;
  result.after = finished.reached;
  result.target = finished.target;
  result.vcpus_floor = finished.vcpus_floor;
  result.memory_floor = finished.memory_floor;
  result.cause = finished.holder.empty() ? finished.reason : fmt::format("{}: {}", finished.holder, finished.reason);
  switch (finished.ending) {
    case plan::Ending::complete:
    case plan::Ending::partial:
    case plan::Ending::given_back:
    case plan::Ending::gone: result.ending = policy::ResizeResult::Ending::settled; break;
    case plan::Ending::refused: result.ending = policy::ResizeResult::Ending::refused; break;
    case plan::Ending::failed:
    case plan::Ending::unknown: result.ending = policy::ResizeResult::Ending::failed; break;
  }
  return result;
}

}  // namespace

Guest::Guest(asio::any_io_executor executor, GuestDescription description, GuestSettings settings, Services services,
             std::uint64_t first_message_id)
    : description_{std::move(description)},
      read_{services.clock.now()},
      settings_{std::move(settings)},
      services_{services},
      machine_{settings_.resize, first_message_id},
      wake_{executor},
      began_{read_} {
  look_at_schedule();
}

Moment Guest::moment() const { return {services_.clock.now(), services_.clock.wall()}; }

void Guest::wake() { wake_.cancel(); }

Sample Guest::sample() const {
  const auto now = services_.clock.now();
  return sample_of(stats_before_, stats_, report_, facts().plugged, now);
}

void Guest::take_statistics(const GuestStats& stats) {
  read_ = services_.clock.now();
  const auto& answered = stats.balloon_updated_s;
  if (answered && stats_ && answered != stats_->stats.balloon_updated_s) heard_ = read_;
  stats_before_ = std::move(stats_);
  stats_ = StatsSeen{stats, read_};
  if (stats.vcpus_plugged) description_.vcpus_plugged = *stats.vcpus_plugged;
  if (stats.balloon_current) description_.memory_current = *stats.balloon_current;
  look_at_schedule();
  const bool agent_reports = report_ && read_ - report_->at <= report_lifetime;
  if (!agent_reports) evaluate();
  if (may_stand_in() && stand_in_.due(services_.clock.now())) wake();
}

void Guest::agent_arrived(const wire::Hello& hello) {
  if (agent_ && agent_->boot_id != hello.boot_id) restarted("the guest booted anew");
  // An agent that starts in the middle of a resize knows nothing of it.
  if (machine_.busy()) feed(plan::Abort{"the agent started anew"});
  agent_ = hello;
  agent_left_.reset();
  stand_in_.forget();
  services_.log.info("agent connected", {{"guest", description_.name}, {"agent", hello.program}});
  tell_size();
}

void Guest::agent_left() {
  if (!agent_) return;
  agent_left_ = services_.clock.now();
  report_.reset();
  services_.log.warning("agent left", {{"guest", description_.name}});
}

/// An agent that starts, or a host daemon that starts, has to learn the size that is in force.
void Guest::tell_size() {
  if (channel_ == nullptr || machine_.busy()) return;
  const auto size = plan::size_of(facts());
  wire::ResizeDone done;
  done.vcpus = size.vcpus.value;
  done.memory_bytes = size.memory.count();
  channel_->send(done);
}

void Guest::handle(const wire::Message& message) {
  heard_ = services_.clock.now();
  if (const auto* report = std::get_if<wire::Report>(&message)) {
    const bool can_park = agent_ && std::ranges::find(agent_->capabilities, "park") != agent_->capabilities.end();
    report_ = ReportSeen{*report, services_.clock.now(), can_park};
    feed(plan::Tick{});
    evaluate();
    return;
  }
  if (const auto* ready = std::get_if<wire::Ready>(&message)) take_consent(*ready);
  if (const auto* urgent = std::get_if<wire::Urgent>(&message)) return take_urgent(*urgent);
  if (const auto* retuned = std::get_if<wire::Retuned>(&message)) record_.retuned(moment(), *retuned);
  feed(plan::Received{message});
}

/// Consent tells newer facts than the last report.
void Guest::take_consent(const wire::Ready& ready) {
  if (!report_) return;
  report_->at = services_.clock.now();
  report_->report.vcpus_online = ready.vcpus_online;
  report_->report.memory_available_bytes = ready.memory_available_bytes;
}

/// The agent reports right before it calls, so the sample is as fresh as the call. A shrink under way is not ended by
/// the call itself but, in `evaluate`, by figures that show need: making room is work too.
void Guest::take_urgent(const wire::Urgent& urgent) {
  if (urgent.resource == "cpu" && !bears_out_urgency(sample())) return;
  policy::UrgentWish wish;
  wish.at = services_.clock.now();
  wish.reason = urgent.reason;
  const auto most = effective_limits();
  if (urgent.resource == "cpu")
    wish.vcpus = VcpuCount{static_cast<std::uint16_t>(
        std::min<std::uint32_t>(urgent.vcpus_wanted.value_or(0), most.vcpus_max.value))};
  if (urgent.resource == "memory")
    wish.memory = std::min(Bytes::of(urgent.memory_wanted_bytes.value_or(0)), most.memory_max);
  if (!shrinking() && !settles(wish.at)) policy::note_urgent(state_, wish);
  evaluate();
}

/// While a guest boots its load says nothing about its need, and a request may get lost.
bool Guest::agent_expected() const {
  return !agent_ && !description_.channel_path.empty() && services_.clock.now() - began_ < agent_grace;
}

std::optional<Bytes> Guest::applications_floor() const {
  if (!report_) return std::nullopt;
  Bytes floor;
  for (const auto& application : report_->report.applications)
    floor = saturating_add(floor, Bytes::of(application.memory_floor_bytes));
  return floor;
}

bool Guest::shrinking() const {
  return machine_.state() == plan::State::asking || machine_.state() == plan::State::taking;
}

/// What a shrink stalled by its own work is still told of for a moment after it; need that lasts is told of again.
bool Guest::settles(Instant now) const {
  const auto& shrunk = state_.vcpus.shrunk;
  return shrunk && now - *shrunk < regret_patience;
}

/// Making room is work too, and shows as load for a moment: only need that lasts ends a shrink.
void Guest::end_regretted_shrink(Instant now) {
  if (!shrinking() || gives_) return regretted_since_.reset();
  const auto regret = policy::regret(settings_.policy, effective_limits(), state_, sample(), now);
  if (!regret) return regretted_since_.reset();
  if (!regretted_since_) regretted_since_ = now;
  if (now - *regretted_since_ >= regret_patience) feed(plan::Abort{regret->text});
}

void Guest::evaluate() {
  const auto now = services_.clock.now();
  const auto known = facts();
  state_.current = plan::size_of(known);
  const auto limits = effective_limits();
  provisioning_.look(settings_.policy, limits, state_.current, sample(), now);
  if (settings_.policy.mode == policy::Mode::off) return;
  state_.agent = agent_of(known);
  state_.activity = machine_.busy() ? policy::Activity::resizing : policy::Activity::idle;
  state_.applications_floor = applications_floor();
  if (state_.urgent && state_.urgent->vcpus && !bears_out_urgency(sample())) state_.urgent->vcpus.reset();
  end_regretted_shrink(now);
  std::vector<policy::Opinion> advice;
  if (auto opinion = forecast(limits, now)) advice.push_back(std::move(*opinion));
  if (!settings_.policy.schedule.empty())
    advice.push_back(policy::schedule_opinion(limits, settings_.policy.schedule, open_windows_));
  if (report_)
    if (auto asked = opinion_of_requests(report_->report, limits)) advice.push_back(std::move(*asked));
  auto decision = policy::decide(settings_.policy, limits, state_, sample(), now, advice);
  decision.target = growth_first(state_.current, decision.target);
  if (agent_expected()) {
    decision.target = state_.current;
    const auto* const why = "hold: the guest is starting and its agent has not spoken yet";
    decision.reasons.insert(decision.reasons.begin(), {"guard.agent_expected", why, {}, {}});
  }
  own_decision_ = decision;
  const bool may_act = settings_.policy.mode == policy::Mode::automatic && !paused_ && !machine_.busy();
  if (may_act && services_.host != nullptr)
    decision = services_.host->arbitrate(description_.id, decision, state_.current, effective_limits());
  const bool other = record_.decided(moment(), state_.current, decision);
  if (other && services_.on_decision) services_.on_decision(record_.decisions().back());
  const bool wants_change = decision.target != state_.current;
  const bool signals = wants_change || own_decision_.target != state_.current;
  if (!signals) signalled_.reset();
  if (signals && !signalled_) signalled_ = moment();
  if (!wants_change && may_act) return rest(now);
  if (!wants_change || !may_act) return;
  const auto why = policy::summary(decision);
  services_.log.info("resize decided", {{"guest", description_.name},
                                        {"from", size_text(state_.current)},
                                        {"to", size_text(decision.target)},
                                        {"reason", why}});
  gives_ = arbiter::gives(decision);
  record_.started(moment(), signalled_, state_.current, decision.target, why);
  if (services_.host != nullptr) services_.host->begun(description_.id, state_.current, decision.target);
  plan::ResizeRequest request{decision.target, effective_limits(), why.substr(0, wire::max_text)};
  feed(plan::Start{std::move(request)});
}

std::optional<Size> Guest::resizing_from() const {
  if (!machine_.busy() || record_.resizes().empty()) return std::nullopt;
  return record_.resizes().back().from;
}

std::optional<Size> Guest::resizing_to() const {
  if (!machine_.busy() || record_.resizes().empty()) return std::nullopt;
  return record_.resizes().back().target;
}

void Guest::feed(const plan::Event& event) {
  auto turn = machine_.step(event, facts(), services_.clock.now());
  for (const auto& step : turn.steps) {
    record_.step(moment(), step);
    services_.log.info("resize step", {{"guest", description_.name},
                                       {"link", to_string(step.link)},
                                       {"state", to_string(step.state)},
                                       {"what", step.text}});
  }
  for (auto& command : turn.commands) commands_.push_back(std::move(command));
  if (turn.finished) take_finished(*turn.finished);
  wake();
}

void Guest::take_resized(const plan::Finished& finished, Instant began, Instant now) {
  if (services_.host != nullptr) services_.host->ended(description_.id, finished);
  policy::note_result(state_, result_of(finished, began), settings_.policy.guard, now);
  if (gives_) policy::note_given(state_);
}

void Guest::take_finished(const plan::Finished& finished) {
  record_.finished(moment(), finished);
  if (services_.on_resize && !record_.resizes().empty()) services_.on_resize(record_.resizes().back());
  const auto now = services_.clock.now();
  const auto began = record_.resizes().empty() ? now : record_.resizes().back().started.steady;
  if (finished.operation == plan::Operation::resize)
    take_resized(finished, began, now);
  else if (finished.ending != plan::Ending::complete)
    plan::note_unplug_failed(parking_, now);
  signalled_.reset();
  services_.log.info("resize ended", {{"guest", description_.name},
                                      {"ending", to_string(finished.ending)},
                                      {"size", size_text(finished.reached)},
                                      {"broken_link", finished.broken ? to_string(*finished.broken) : ""},
                                      {"reason", finished.reason}});
}

void Guest::restarted(const std::string& how) {
  agent_.reset();
  agent_left_.reset();
  stand_in_.forget();
  began_ = services_.clock.now();
  report_.reset();
  stats_before_.reset();
  feed(plan::GuestGone{how});
  policy::note_restarted(state_);
  commands_.clear();
}

void Guest::gone(const std::string& how) { restarted(how); }

}  // namespace dynascale::hostd
