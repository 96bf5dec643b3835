#pragma once
/// Wishes for more capacity that are in force, bounded by what the operator allows. Pure.

#include <string>
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
  explicit RequestBook(RequestLimits limits) : limits_{limits} {}

  /// Takes the wish of `by` over, in place of an earlier one; cut to the limits. `now_size` is what the guest has: the
  /// wish is kept as a total, so that it does not grow with every step towards it. Errors: `limit_exceeded` when as
  /// many others wish already.
  [[nodiscard]] Result<Accepted> add(const std::string& by, const RequestCall& call, const Size& now_size, Instant now);
  /// Those in force, for a report.
  [[nodiscard]] std::vector<wire::CapacityRequest> current(Instant now);

 private:
  struct Entry {
    wire::CapacityRequest request;
    Instant until;
  };
  RequestLimits limits_;
  std::vector<Entry> entries_;
};

}  // namespace dynascale::agent
