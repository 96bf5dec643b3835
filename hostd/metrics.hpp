#pragma once
/// What hostd tells a monitoring system: GET /metrics on its socket. Counts and times since hostd's start; the rest is
/// read when it is asked for. One loop thread.

#include <map>
#include <optional>
#include <string>

#include "hostd/guest.hpp"
#include "hostd/host_arbiter.hpp"
#include "hostd/metrics_text.hpp"

namespace dynascale::hostd {

/// How the record of the past fares.
struct HistoryState {
  bool paused = false;       ///< Nothing is written: a full disk, a damaged file.
  std::uint64_t dropped = 0;  ///< Entries that found no room while waiting to be written.
};

class Metrics {
 public:
  static constexpr std::size_t max_guests = 10000;  ///< Names of guests that are counted; beyond it none is added.

  /// A resize has ended.
  void resized(const std::string& guest, const ResizeRecord& resize);
  /// `history` is absent where none is kept.
  [[nodiscard]] std::string text(const std::vector<const Guest*>& guests, const HostArbiter& host,
                                 bool hypervisor_answers, const std::optional<HistoryState>& history) const;

 private:
  struct Key {
    std::string direction;
    std::string link;
    auto operator<=>(const Key&) const = default;
  };
  std::map<std::string, std::map<std::string, std::uint64_t>> endings_;  ///< By guest and ending.
  std::map<Key, Histogram> links_;
  std::map<std::string, Histogram> reaction_;  ///< From the load that was seen to the request, by direction.
};

}  // namespace dynascale::hostd
