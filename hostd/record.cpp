#include "hostd/record.hpp"

#include <algorithm>

namespace dynascale::hostd {
namespace {

/// The same argument with other figures is the same decision.
bool same_argument(const DecisionRecord& record, const Size& current, const policy::Decision& decision) {
  return record.current == current && record.decision.target == decision.target &&
         std::ranges::equal(record.decision.reasons, decision.reasons, {}, &policy::Reason::rule,
                            &policy::Reason::rule);
}

}  // namespace

bool Record::decided(Moment now, const Size& current, const policy::Decision& decision) {
  if (!decisions_.empty() && same_argument(decisions_.back(), current, decision)) {
    auto& last = decisions_.back();
    last.last = now;
    last.decision = decision;
    ++last.times;
    return false;
  }
  decisions_.push_back({now, now, 1, current, decision});
  if (decisions_.size() > max_decisions) decisions_.pop_front();
  return true;
}

void Record::started(Moment now, std::optional<Moment> signalled, const Size& from, const Size& target,
                     std::string reason) {
  ResizeRecord record;
  record.number = ++count_;
  record.started = now;
  record.signalled = signalled;
  record.from = from;
  record.target = target;
  record.reason = std::move(reason);
  resizes_.push_back(std::move(record));
  if (resizes_.size() > max_resizes) resizes_.pop_front();
}

void Record::step(Moment now, const plan::Step& step) {
  if (resizes_.empty() || resizes_.back().steps.size() >= max_steps) return;
  resizes_.back().steps.push_back({now, step});
}

void Record::retuned(Moment now, const wire::Retuned& retuned) {
  if (resizes_.empty() || resizes_.back().retuned.size() >= max_steps) return;
  resizes_.back().retuned.push_back({now, retuned});
}

void Record::finished(Moment now, const plan::Finished& finished) {
  if (resizes_.empty()) return;
  resizes_.back().ended = now;
  resizes_.back().finished = finished;
}

}  // namespace dynascale::hostd
