#pragma once
/// Wishes for more capacity that are in force, bounded by what the operator allows. Pure.

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/local_messages.hpp"
#include "core/model/limits.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::agent {

struct RequestLimits {
  VcpuCount vcpus{4};                             ///< More than the guest has, at most.
  Bytes memory = Bytes::gib(4);
  Duration duration = std::chrono::hours{1};
};

class RequestBook {
 public:
  static constexpr Bytes max_text = Bytes::kib(64);

  explicit RequestBook(RequestLimits limits) : limits_{limits} {}

  /// Takes the wish of `by` over, in place of an earlier one; cut to the limits. `now_size` is what the guest has: the
  /// wish is kept as a total, so that it does not grow with every step towards it. Errors: `limit_exceeded` when as
  /// many others wish already.
  [[nodiscard]] Result<Accepted> add(const std::string& by, const RequestCall& call, const Size& now_size, Instant now);
  /// Those in force, for a report.
  [[nodiscard]] std::vector<wire::CapacityRequest> current(Instant now);

  /// For a file that outlives the agent. `boot` names the kernel's run: an `Instant` counts from its start,
  /// so the ends hold for the next agent whatever the wall clock does meanwhile.
  [[nodiscard]] std::string text(std::string_view boot, Instant now) const;
  /// Takes over what `text` gave. Wishes from before another start of the kernel are over: who had them is
  /// gone. None lasts longer than the limits allow from now on. Errors: `corrupt`, `limit_exceeded`, the text
  /// names the key; the book stays as it was.
  Status restore(std::string_view text, std::string_view boot, Instant now);

 private:
  struct Entry {
    wire::CapacityRequest request;
    Instant until;
  };
  [[nodiscard]] static Result<Entry> parse_entry(const boost::json::value& value);
  RequestLimits limits_;
  std::vector<Entry> entries_;
};

}  // namespace dynascale::agent
