#include "adapters/jvm/attach.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "adapters/local_access.hpp"
#include "adapters/local_stream.hpp"
#include "adapters/reload_dropin.hpp"
#include "runtime/as_user.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::jvm {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 20ms;
constexpr auto listener_limit = 5s;
constexpr Bytes max_answer = Bytes::mib(1);
constexpr Bytes max_maps = Bytes::mib(16);
constexpr std::size_t words_of_a_request = 4;

/// What is needed to reach one JVM.
struct Place {
  const Files& files;
  const Instance& instance;
  Identity user;
  UniqueFd folder;     ///< Its /tmp.
  std::int32_t pid;    ///< As the JVM itself knows it: in a container it has another one.
  [[nodiscard]] std::string name(std::string_view kind) const { return fmt::format(".{}_pid{}", kind, pid); }
};

Result<Place> place_of(const Files& files, const Instance& instance) {
  const auto alive = ProcessHandle::open(files, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto status = files.read(fmt::format("/proc/{}/status", instance.main_pid), Bytes::kib(64));
  if (!status) return tl::unexpected(status.error());
  const auto path = files.resolve(fmt::format("/proc/{}/root/tmp", instance.main_pid));
  UniqueFd folder{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid())
    return fail(Errc::permission_denied, fmt::format("cannot open the /tmp of process {}; CAP_SYS_PTRACE is needed",
                                                     instance.main_pid));
  return Place{.files = files,
               .instance = instance,
               .user = {.uid = instance.uid, .gid = instance.gid},
               .folder = std::move(folder),
               .pid = innermost_pid(*status).value_or(instance.main_pid)};
}

Result<LocalStream> connect(const Place& place) {
  UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.valid()) return fail(Errc::io, "cannot make a socket for a JVM");
  if (auto done = connect_as(place.user, socket.get(), place.folder.get(), place.name("java")); !done)
    return tl::unexpected(done.error());
  // /tmp is everybody's: what listens there must be this very process.
  if (auto same = check_server(socket.get(), place.instance.main_pid); !same) return tl::unexpected(same.error());
  return LocalStream::over(std::move(socket), fmt::format("the JVM {}", place.instance.main_pid));
}

Status check_can_attach(const Place& place) {
  const auto& instance = place.instance;
  const auto process = read_process(place.files, instance.main_pid);
  if (!process) return tl::unexpected(process.error());
  if (attaching_is_off(process->argv, environment_of(place.files, instance.main_pid)))
    return fail(Errc::unsupported, "attaching is switched off (-XX:+DisableAttachMechanism or -Xrs)");
  const auto maps = place.files.read(fmt::format("/proc/{}/maps", instance.main_pid), max_maps);
  if (!maps) return tl::unexpected(maps.error());
  if (is_hotspot(*maps)) return {};
  return fail(Errc::unsupported, fmt::format("process {} is no HotSpot JVM", instance.main_pid));
}

/// Has the JVM start its listener, and connects to it.
Result<LocalStream> start_listener(const Place& place, const CallLimits& limits) {
  if (auto can = check_can_attach(place); !can) return tl::unexpected(can.error());
  const auto handle = ProcessHandle::open(place.files, place.instance.main_pid, place.instance.start_ticks);
  if (!handle) return tl::unexpected(handle.error());
  const auto file = place.name("attach");
  if (auto made = create_file_as(place.user, place.folder.get(), file); !made) return tl::unexpected(made.error());
  auto stream = Result<LocalStream>{fail(Errc::timeout, "the JVM did not start to listen in time")};
  // A young JVM does not handle the signal yet, and would end by it.
  if (auto sent = handle->signal_if_caught(SIGQUIT); !sent) {
    stream = tl::unexpected(sent.error());
  } else {
    const auto until = std::min(limits.deadline, limits.clock.now() + listener_limit);
    while (!stream && !limits.expired() && limits.clock.now() < until && handle->running()) {
      limits.clock.sleep_for(poll_interval);
      auto connected = connect(place);
      if (connected || connected.error().code != Errc::not_found) stream = std::move(connected);
      if (!stream && stream.error().code != Errc::timeout) break;
    }
  }
  static_cast<void>(remove_file_as(place.user, place.folder.get(), file));
  return stream;
}

}  // namespace

bool attaching_is_off(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  constexpr std::string_view switches[] = {"-XX:+DisableAttachMechanism", "-Xrs", "-XX:+ReduceSignalUsage"};
  for (const auto off : switches) {
    if (std::ranges::find(argv, off) != argv.end()) return true;
    for (const std::string_view variable : {"JAVA_TOOL_OPTIONS=", "JDK_JAVA_OPTIONS=", "_JAVA_OPTIONS="})
      for (const auto& one : environment)
        if (one.starts_with(variable) && one.find(off) != std::string::npos) return true;
  }
  return false;
}

bool is_hotspot(std::string_view maps) {
  return maps.find("/libjvm.so") != std::string_view::npos && maps.find("libj9vm") == std::string_view::npos;
}

Result<std::string> parse_answer(std::string_view answer) {
  const auto status = text::number<int>(text::trim(text::take_until(answer, '\n')));
  if (!status) return fail(Errc::corrupt, "the JVM's answer has no status");
  if (*status == 0) return std::string{answer};
  return fail(Errc::refused, fmt::format("the JVM refuses with {}: {}", *status, text::trim(answer.substr(0, 200))));
}

Result<std::string> ask(const Files& files, const Instance& instance, std::initializer_list<std::string_view> words,
                        const CallLimits& limits) {
  const auto place = place_of(files, instance);
  if (!place) return tl::unexpected(place.error());
  auto stream = connect(*place);
  if (!stream && stream.error().code == Errc::not_found) stream = start_listener(*place, limits);
  if (!stream) return tl::unexpected(stream.error());
  std::string request{"1"};  // The protocol's version.
  request += '\0';
  for (const auto word : words) request += std::string{word} + '\0';
  request.append(words_of_a_request - std::min(words.size(), words_of_a_request), '\0');
  if (auto sent = stream->send(request, limits); !sent) return tl::unexpected(sent.error());
  const auto answer = stream->rest(max_answer, limits);
  if (!answer) return tl::unexpected(answer.error());
  return parse_answer(*answer);
}

}  // namespace dynascale::jvm
