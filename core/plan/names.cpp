#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

std::string_view to_string(State state) {
  switch (state) {
    case State::idle:
      return "idle";
    case State::growing:
      return "growing";
    case State::asking:
      return "asking";
    case State::taking:
      return "taking";
    case State::giving_back:
      return "giving_back";
    case State::unplugging:
      return "unplugging";
    case State::verifying:
      return "verifying";
  }
  return "idle";
}

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::complete:
      return "complete";
    case Ending::partial:
      return "partial";
    case Ending::refused:
      return "refused";
    case Ending::given_back:
      return "given_back";
    case Ending::failed:
      return "failed";
    case Ending::unknown:
      return "unknown";
    case Ending::gone:
      return "gone";
  }
  return "unknown";
}

std::string_view to_string(Link link) {
  switch (link) {
    case Link::requested:
      return "requested";
    case Link::hypervisor:
      return "hypervisor";
    case Link::guest_ready:
      return "guest_ready";
    case Link::guest_online:
      return "guest_online";
    case Link::application:
      return "application";
  }
  return "requested";
}

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::begun:
      return "begun";
    case LinkState::reached:
      return "reached";
    case LinkState::failed:
      return "failed";
    case LinkState::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace dynascale::plan
