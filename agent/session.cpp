#include "agent/session.hpp"

#include <fmt/format.h>

#include "core/wire/codec.hpp"

namespace dynascale::agent {

Session::Session(wire::Hello hello, Send send, Deliver deliver)
    : hello_{std::move(hello)}, send_{std::move(send)}, deliver_{std::move(deliver)} {}

void Session::take(const wire::Message& message) {
  if (const auto* sync = std::get_if<wire::Sync>(&message)) {
    agreed_ = 0;
    send_(wire::SyncReply{sync->nonce});
    send_(hello_);
    return;
  }
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    const auto version = wire::negotiate(hello_.versions, hello->versions);
    agreed_ = version.value_or(0);
    if (!version)
      send_(wire::Fault{"unsupported", fmt::format("this agent speaks versions {} to {}, the host {} to {}",
                                                   hello_.versions.min, hello_.versions.max, hello->versions.min,
                                                   hello->versions.max)});
    return;
  }
  if (agreed_ != 0) deliver_(message);
}

}  // namespace dynascale::agent
