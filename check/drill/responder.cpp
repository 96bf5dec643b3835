#include "check/drill/responder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace dynascale::check {
namespace {

constexpr std::size_t most_given = 256;    ///< Files kept to be rewritten; the oldest go first.
constexpr std::size_t most_pinned = 8192;  ///< Tasks whose masks are remembered.
constexpr auto recount_after = std::chrono::milliseconds{100};

std::size_t notification_size() {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) return sizeof(seccomp_notif);
  return std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif));
}

std::optional<std::string> read_real(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

bool fill(const UniqueFd& memory, const std::string& text) {
  return ::ftruncate(memory.get(), 0) == 0 &&
         ::pwrite(memory.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::vector<FilterRule> answered_calls() {
  return {
#ifdef __NR_open
      {__NR_open},
#endif
#ifdef __NR_fork
      {__NR_fork},   {__NR_vfork},
#endif
      {__NR_openat}, {__NR_openat2}, {__NR_sched_getaffinity}, {__NR_sched_setaffinity}, {__NR_sysinfo},
      {__NR_clone},  {__NR_clone3},
  };
}

Responder::Responder(UniqueFd listener, const Machine& machine, std::size_t most_tasks,
                     std::function<std::size_t()> count_tasks)
    : listener_{std::move(listener)},
      machine_{machine},
      most_tasks_{most_tasks},
      count_tasks_{std::move(count_tasks)},
      notification_(notification_size()) {}

void Responder::serve() {
  constexpr int most_at_once = 200;
  for (int i = 0; i < most_at_once; ++i) {
    pollfd pending{listener_.get(), POLLIN, 0};
    if (::poll(&pending, 1, 0) != 1 || (pending.revents & POLLIN) == 0) return;
    std::ranges::fill(notification_, '\0');
    // It fails when the task was killed meanwhile; then there is nobody to answer.
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, notification_.data()) != 0) continue;
    seccomp_notif question;
    std::memcpy(&question, notification_.data(), sizeof question);
    answer(question);
  }
}

void Responder::answer(const seccomp_notif& question) {
  const auto& arguments = question.data.args;
  switch (question.data.nr) {
#ifdef __NR_open
    case __NR_open:
      return answer_open(question, AT_FDCWD, arguments[0], arguments[1]);
#endif
    case __NR_openat:
      return answer_open(question, static_cast<int>(arguments[0]), arguments[1], arguments[2]);
    case __NR_openat2:  // Its flags lie in memory; those who use it for these files read.
      return answer_open(question, static_cast<int>(arguments[0]), arguments[1], O_RDONLY | O_CLOEXEC);
    case __NR_sched_getaffinity:
      return answer_affinity(question);
    case __NR_sched_setaffinity:
      return answer_pinning(question);
    case __NR_sysinfo:
      return answer_sysinfo(question);
    default:
      return answer_new_task(question);
  }
}

bool Responder::is_valid(const seccomp_notif& question) const {
  return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &question.id) == 0;
}

void Responder::send(const seccomp_notif& question, std::int64_t value, int error,
                     std::uint32_t flags) const {
  seccomp_notif_resp response{question.id, value, -error, flags};
  // It fails when the task is gone or was interrupted; it asks again then.
  static_cast<void>(::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response));
}

void Responder::answer_open(const seccomp_notif& question, int directory, std::uint64_t address,
                            std::uint64_t flags) {
  const int task = static_cast<int>(question.pid);
  const TaskMemory memory{task, TaskMemory::Access::read};
  const auto path = memory.read_path(address);
  if (!path || (flags & (O_ACCMODE | O_DIRECTORY | O_PATH)) != O_RDONLY) return go_on(question);
  const auto whole = absolute_path(task, directory, *path);
  const auto file = resource_file(whole);
  if (file == ResourceFile::none || !is_valid(question)) return go_on(question);
  const auto real = read_real(whole);
  const auto text = real ? fabricate(file, whole, *real, machine_) : std::nullopt;
  if (!text) return go_on(question);
  ++questions_;
  UniqueFd answer{::memfd_create("dynascale-check", MFD_CLOEXEC)};
  if (!answer.valid() || !fill(answer, *text) || !give_file(question, answer, (flags & O_CLOEXEC) != 0)) {
    return go_on(question);
  }
  given_.push_back(Given{file, whole, std::move(answer)});
  if (given_.size() > most_given) given_.pop_front();
}

bool Responder::give_file(const seccomp_notif& question, const UniqueFd& memory, bool close_on_exec) const {
  // Opened anew: read-only, with a place of its own in the file.
  const UniqueFd reading{::open(fmt::format("/proc/self/fd/{}", memory.get()).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!reading.valid()) return false;
  seccomp_notif_addfd addition{question.id, 0, static_cast<std::uint32_t>(reading.get()), 0,
                               close_on_exec ? static_cast<std::uint32_t>(O_CLOEXEC) : 0};
  const int given = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &addition);
  if (given < 0) return false;
  send(question, given, 0, 0);
  return true;
}

void Responder::become(const Machine& machine) {
  machine_ = machine;
  for (const auto& given : given_) {
    const auto real = read_real(given.path);
    const auto text = real ? fabricate(given.file, given.path, *real, machine_) : std::nullopt;
    if (text) static_cast<void>(fill(given.memory, *text));
  }
}

void Responder::answer_affinity(const seccomp_notif& question) {
  const auto& arguments = question.data.args;
  ++questions_;
  const int task = arguments[0] == 0 ? static_cast<int>(question.pid) : static_cast<int>(arguments[0]);
  const auto pinned = pinned_.find(task);
  const auto mask =
      affinity_mask(machine_, arguments[1], pinned == pinned_.end() ? nullptr : &pinned->second);
  if (!mask) return send(question, 0, EINVAL, 0);
  const TaskMemory memory{static_cast<int>(question.pid), TaskMemory::Access::write};
  if (!is_valid(question) || !memory.write(arguments[2], mask->data(), mask->size())) return go_on(question);
  send(question, static_cast<std::int64_t>(mask->size()), 0, 0);
}

void Responder::answer_pinning(const seccomp_notif& question) {
  const auto& arguments = question.data.args;
  constexpr std::uint64_t longest = 8192;
  const TaskMemory memory{static_cast<int>(question.pid), TaskMemory::Access::read};
  auto mask = memory.read(arguments[2], std::min<std::uint64_t>(arguments[1], longest));
  if (!is_valid(question) || mask.empty()) return go_on(question);
  if (!names_online_cpu(machine_, mask)) return send(question, 0, EINVAL, 0);
  const auto all = affinity_mask(machine_, longest, nullptr);
  const auto granted = affinity_mask(machine_, longest, &mask);
  pinned_ever_ = pinned_ever_ || all != granted;
  const int task = arguments[0] == 0 ? static_cast<int>(question.pid) : static_cast<int>(arguments[0]);
  if (pinned_.size() < most_pinned) pinned_[task] = std::move(mask);
  send(question, 0, 0, 0);
}

void Responder::answer_sysinfo(const seccomp_notif& question) {
  ++questions_;
  struct sysinfo info {};
  const TaskMemory memory{static_cast<int>(question.pid), TaskMemory::Access::write};
  if (::sysinfo(&info) != 0 || !is_valid(question)) return go_on(question);
  scale(info, machine_);
  if (!memory.write(question.data.args[0], &info, sizeof info)) return go_on(question);
  send(question, 0, 0, 0);
}

void Responder::answer_new_task(const seccomp_notif& question) {
  const auto now = std::chrono::steady_clock::now();
  if (tasks_ >= most_tasks_ && most_tasks_ > 0 && now - counted_ >= recount_after) {
    tasks_ = count_tasks_();
    counted_ = now;
  }
  if (tasks_ >= most_tasks_) {
    denied_ = denied_ || most_tasks_ > 0;
    return send(question, 0, EAGAIN, 0);
  }
  ++tasks_;
  go_on(question);
}

}  // namespace dynascale::check
