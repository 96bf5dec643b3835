#pragma once
/// libvirt's errors as ours. libvirt keeps the last error per thread: read it in the thread of the failed
/// call.

#include <string_view>

#include "core/model/result.hpp"

namespace dynascale::hostd {

/// What a virErrorNumber means to us. Codes that say nothing of their cause are `io`. Pure.
[[nodiscard]] Errc errc_of(int virt_error);

/// The calling thread's last libvirt error: "guest web1: plug vCPUs: …". `doing` says on what and what was
/// tried.
[[nodiscard]] Error last_error(std::string_view doing);

/// libvirt prints every error on standard error unless told otherwise. Process-wide.
void silence_libvirt();

}  // namespace dynascale::hostd
