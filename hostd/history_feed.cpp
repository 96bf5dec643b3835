#include "hostd/history_feed.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "hostd/describe_json.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;

bool wants_more(const policy::Decision& decision, const Size& size) {
  return decision.target.vcpus > size.vcpus || decision.target.memory > size.memory ||
         std::ranges::any_of(decision.reasons, [](const auto& reason) { return reason.rule == "limits.maximum"; });
}

}  // namespace

history::Observation observation_of(const Guest& guest, Instant now) {
  const auto sample = guest.sample();
  const auto& policy = guest.settings().policy;
  const bool fresh = sample.taken_at <= now && now - sample.taken_at <= policy.guard.stale_after;
  history::Observation seen;
  seen.size = plan::size_of(guest.facts());
  seen.wanted = guest.own_decision().target;
  if (fresh) seen.busy_vcpus = sample.cpu.busy_vcpus;
  if (fresh && sample.memory.available) seen.used = saturating_sub(seen.size.memory, *sample.memory.available);
  seen.throttled = policy.mode != policy::Mode::off && !guest.machine().busy() &&
                   wants_more(guest.own_decision(), seen.size);
  return seen;
}

void HistoryFeed::look(const Guest& guest, const Moment& now) {
  if (recorder_ == nullptr) return;
  const auto& id = guest.description().id;
  recorder_->observe(id, guest.description().name, observation_of(guest, now.steady));
  auto& floors = floors_[id];
  learned(guest, "vcpus", guest.state().vcpus.floor, floors.vcpus, now);
  learned(guest, "memory", guest.state().memory.floor, floors.memory, now);
}

void HistoryFeed::learned(const Guest& guest, const char* resource, const std::optional<policy::Floor>& floor,
                          std::optional<Instant>& on_record, const Moment& now) {
  if (!floor || on_record == floor->learned) return;
  on_record = floor->learned;
  const auto hold = std::chrono::duration_cast<std::chrono::milliseconds>(floor->hold).count();
  const auto body = json::serialize(json::object{{"resource", resource},
                                                 {"at_least", floor->at_least},
                                                 {"cause", floor->cause},
                                                 {"hold_ms", hold}});
  const auto age = std::chrono::duration_cast<std::chrono::system_clock::duration>(now.steady - floor->learned);
  recorder_->event(guest.description().id, now.wall - age, "floor", body);
}

void HistoryFeed::decided(const GuestId& guest, const DecisionRecord& decision) {
  if (recorder_ == nullptr) return;
  auto body = decision_json(decision);
  body.erase("last_ms");  // How often it was made again is not known yet.
  body.erase("times");
  body.erase("summary");
  recorder_->event(guest, decision.first.wall, "decision", json::serialize(body));
}

void HistoryFeed::resized(const GuestId& guest, const ResizeRecord& resize) {
  if (recorder_ == nullptr) return;
  auto body = resize_json(resize);
  auto text = json::serialize(body);
  if (text.size() > HistoryRecorder::max_body) {
    body["retuned"] = json::array{};
    text = json::serialize(body);
  }
  recorder_->event(guest, resize.started.wall, "resize", std::move(text));
}

void HistoryFeed::left(const GuestId& guest) {
  floors_.erase(guest);
  if (recorder_ != nullptr) recorder_->left(guest);
}

}  // namespace dynascale::hostd
