#pragma once
/// HotSpot's own way to be asked (attachListener_linux.cpp): a Unix socket .java_pidN in the JVM's /tmp, which it makes
/// when a file .attach_pidN of its user is there and SIGQUIT comes. It answers its own user and root only. Spoken here
/// and not by `jcmd`: a JRE lacks that, and it is a JVM itself, which the agent's unit (no memory that is writable and
/// executable) does not let run.

#include <initializer_list>
#include <string>
#include <string_view>

#include "adapters/adapter.hpp"
#include "runtime/files.hpp"

namespace dynascale::jvm {

/// One request, a verb and at most three arguments; the text of the answer. Its listener is started when it is not
/// there yet. Errors: `unsupported` (attaching is switched off, or not HotSpot), `refused` with the JVM's words,
/// `permission_denied`, `not_found` (it ended), `unavailable`, `timeout`, `limit_exceeded`.
[[nodiscard]] Result<std::string> ask(const Files& files, const Instance& instance,
                                      std::initializer_list<std::string_view> words, const CallLimits& limits);

/// Whether a command line or an environment switches attaching off. Pure.
[[nodiscard]] bool attaching_is_off(const std::vector<std::string>& argv, const std::vector<std::string>& environment);
/// Whether the mappings of a process (/proc/PID/maps) are those of HotSpot: on OpenJ9 SIGQUIT writes a dump. Pure.
[[nodiscard]] bool is_hotspot(std::string_view maps);
/// The answer behind its status line. Errors: `refused`, `corrupt`. Pure.
[[nodiscard]] Result<std::string> parse_answer(std::string_view answer);

}  // namespace dynascale::jvm
