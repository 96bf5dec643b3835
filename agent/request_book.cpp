#include "agent/request_book.hpp"

#include <algorithm>

namespace dynascale::agent {

Result<Accepted> RequestBook::add(const std::string& by, const RequestCall& call, const Size& now_size, Instant now) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= now || entry.request.by == by; });
  if (entries_.size() >= wire::max_requests)
    return fail(Errc::limit_exceeded, "too many others ask for more already; try again when theirs have run out");
  Accepted accepted;
  accepted.duration = std::min(call.duration, limits_.duration);
  Entry entry;
  entry.until = now + accepted.duration;
  entry.request.by = by;
  entry.request.reason = call.reason;
  if (call.vcpus > 0)
    accepted.vcpus = entry.request.vcpus_wanted =
        now_size.vcpus.value + std::min<std::uint32_t>(call.vcpus, limits_.vcpus.value);
  if (call.memory > Bytes{})
    accepted.memory_bytes = entry.request.memory_wanted_bytes =
        saturating_add(now_size.memory, std::min(call.memory, limits_.memory)).count();
  entries_.push_back(std::move(entry));
  return accepted;
}

std::vector<wire::CapacityRequest> RequestBook::current(Instant now) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= now; });
  std::vector<wire::CapacityRequest> all;
  for (const auto& entry : entries_) {
    all.push_back(entry.request);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(entry.until - now);
    all.back().remaining_ms = static_cast<std::uint64_t>(left.count());
  }
  return all;
}

}  // namespace dynascale::agent
