#pragma once
/// The agent's side of the protocol's opening: answers each sync, greets once after it, and checks the version. One
/// loop thread.

#include <functional>
#include <string>

#include "core/wire/messages.hpp"

namespace dynascale::agent {

class Session {
 public:
  using Send = std::function<void(const wire::Message&)>;
  using Deliver = std::function<void(const wire::Message&)>;

  Session(wire::Hello hello, Send send, Deliver deliver);
  /// Takes everything that the host says; delivers what comes after a hello whose versions fit.
  void take(const wire::Message& message);
  /// The host went away: the next words are a new session.
  void reset() { agreed_ = 0; }
  [[nodiscard]] bool agreed() const { return agreed_ != 0; }

 private:
  wire::Hello hello_;
  Send send_;
  Deliver deliver_;
  std::uint32_t agreed_ = 0;
};

}  // namespace dynascale::agent
