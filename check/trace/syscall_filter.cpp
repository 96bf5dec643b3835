#include "check/trace/syscall_filter.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace dynascale::check {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#else
#error "trace and drill know x86-64 and aarch64"
#endif

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter jump(std::uint16_t test, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, if_true, if_false);
}
sock_filter give(std::uint32_t action) {
  return BPF_STMT(BPF_RET | BPF_K, action);
}

}  // namespace

std::vector<sock_filter> build_filter(const std::vector<FilterRule>& rules, std::uint32_t action) {
  std::vector<sock_filter> program{load(offsetof(seccomp_data, arch)), jump(BPF_JEQ, own_architecture, 1, 0),
                                   give(SECCOMP_RET_ALLOW), load(offsetof(seccomp_data, nr))};
  for (const auto& rule : rules) {
    const auto number = static_cast<std::uint32_t>(rule.number);
    if (rule.argument < 0) {
      program.insert(program.end(), {jump(BPF_JEQ, number, 0, 1), give(action)});
      continue;
    }
    const auto low_half =
        offsetof(seccomp_data, args) + sizeof(std::uint64_t) * static_cast<std::size_t>(rule.argument);
    program.insert(program.end(), {jump(BPF_JEQ, number, 0, 4), load(low_half),
                                   jump(BPF_JSET, rule.bits, 0, 1), give(action), give(SECCOMP_RET_ALLOW)});
  }
  program.push_back(give(SECCOMP_RET_ALLOW));
  return program;
}

int install_filter(std::vector<sock_filter>& program, unsigned flags) {
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole));
}

}  // namespace dynascale::check
