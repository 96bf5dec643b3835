#include "core/model/result.hpp"

namespace dynascale {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::not_found: return "not_found";
    case Errc::permission_denied: return "permission_denied";
    case Errc::timeout: return "timeout";
    case Errc::unsupported: return "unsupported";
    case Errc::refused: return "refused";
    case Errc::unavailable: return "unavailable";
    case Errc::corrupt: return "corrupt";
    case Errc::limit_exceeded: return "limit_exceeded";
    case Errc::unverified: return "unverified";
    case Errc::cancelled: return "cancelled";
    case Errc::io: return "io";
  }
  return "unknown";
}

}  // namespace dynascale
