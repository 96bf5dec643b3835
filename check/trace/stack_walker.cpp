#include "check/trace/stack_walker.hpp"

#include <elfutils/libdwfl.h>

#include <cxxabi.h>
#include <cstdlib>
#include <map>
#include <string_view>

#include "check/trace/resource_file.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_frames = 64;
constexpr std::size_t most_sessions = 64;

/// Separate debug files are not wanted: finding them may ask a server.
int no_debug_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word,
                  char**) {
  return -1;
}

const Dwfl_Callbacks callbacks{.find_elf = dwfl_linux_proc_find_elf,
                               .find_debuginfo = no_debug_file,
                               .section_address = nullptr,
                               .debuginfo_path = nullptr};

struct EndDwfl {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};
using Session = std::unique_ptr<Dwfl, EndDwfl>;

std::string readable(const char* symbol) {
  if (symbol == nullptr) return {};
  constexpr std::size_t longest = 1000;
  if (!std::string_view{symbol}.starts_with("_Z") || std::string_view{symbol}.size() > longest) return symbol;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain{
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free};
  return plain ? plain.get() : symbol;
}

int add_frame(Dwfl_Frame* state, void* argument) {
  auto& frames = *static_cast<std::vector<Frame>*>(argument);
  Dwarf_Addr address = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(state, &address, &is_activation)) return DWARF_CB_ABORT;
  if (!is_activation) --address;  // A return address may lie behind the end of the function that called.
  Frame frame{"?", {}};
  auto* dwfl = dwfl_thread_dwfl(dwfl_frame_thread(state));
  if (auto* module = dwfl_addrmodule(dwfl, address); module != nullptr) {
    const char* name =
        dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    frame.module = name == nullptr ? "?" : std::string{base_name(name)};
    frame.symbol = readable(dwfl_module_addrname(module, address));
  }
  frames.push_back(std::move(frame));
  return frames.size() < most_frames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/// Tells what is mapped now; modules that stayed keep their tables.
bool report_modules(Dwfl* dwfl, int process) {
  dwfl_report_begin(dwfl);
  const bool listed = dwfl_linux_proc_report(dwfl, process) == 0;
  return dwfl_report_end(dwfl, nullptr, nullptr) == 0 && listed;
}

}  // namespace

struct StackWalker::Sessions {
  std::map<int, Session> by_process;
};

StackWalker::StackWalker() : sessions_{std::make_unique<Sessions>()} {}
StackWalker::~StackWalker() = default;

void StackWalker::forget(int process) {
  sessions_->by_process.erase(process);
}

std::vector<Frame> StackWalker::walk(int process, int thread) {
  auto& known = sessions_->by_process;
  auto found = known.find(process);
  if (found == known.end()) {
    if (known.size() >= most_sessions) known.clear();
    found = known.emplace(process, Session{dwfl_begin(&callbacks)}).first;
    if (!found->second || !report_modules(found->second.get(), process) ||
        dwfl_linux_proc_attach(found->second.get(), process, true) != 0) {
      known.erase(found);
      return {};
    }
  } else if (!report_modules(found->second.get(), process)) {
    return {};
  }
  std::vector<Frame> frames;
  dwfl_getthread_frames(found->second.get(), thread, add_frame, &frames);
  return frames;
}

}  // namespace dynascale::check
