#include "check/trace/question.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "check/trace/history.hpp"
#include "check/trace/resource_file.hpp"
#include "check/trace/syscall_filter.hpp"

namespace dynascale::check {
namespace {

using namespace std::chrono_literals;

const Frame libc_open{"libc.so.6", "open64"};

Call open_of(const char* path) {
  return Call{.name = CallName::open, .path = path};
}

TEST(ResourceFile, KnowsTheFilesThatAnswer) {
  EXPECT_EQ(resource_file("/sys/devices/system/cpu/online"), ResourceFile::cpu_online);
  EXPECT_EQ(resource_file("/sys/devices/system/cpu/cpu0/topology/core_id"), ResourceFile::cpu_topology);
  EXPECT_EQ(resource_file("/sys/fs/cgroup/a/b/cpu.max"), ResourceFile::cgroup_cpu);
  EXPECT_EQ(resource_file("/sys/fs/cgroup/memory/memory.limit_in_bytes"), ResourceFile::cgroup_memory);
  EXPECT_EQ(resource_file("/sys/fs/cgroup/memory.stat"), ResourceFile::none);
  EXPECT_EQ(resource_file("/srv/proc/meminfo"), ResourceFile::none);
  EXPECT_EQ(resource_file(""), ResourceFile::none);
}

TEST(Classify, NamesTheFirstCallerOutsideTheCLibrary) {
  const auto question =
      classify(open_of("/sys/devices/system/cpu/online"),
               {libc_open, {"libc.so.6", "get_nprocs"}, {"nginx", "ngx_os_init"}, {"nginx", "main"}});
  ASSERT_TRUE(question);
  EXPECT_EQ(question->asker, "nginx: ngx_os_init");
  EXPECT_EQ(question->noise, "");
  EXPECT_EQ(question->topic, Topic::cpus);
}

TEST(Classify, NamesTheNearestNamedCallerOfAStrippedFunction) {
  EXPECT_EQ(classify(Call{.name = CallName::sysinfo}, {{"app", ""}, {"app", "run"}})->asker,
            "app: below run");
  EXPECT_EQ(classify(Call{.name = CallName::sysinfo}, {{"app", ""}, {"libx", "run"}})->asker, "app");
  EXPECT_EQ(classify(Call{.name = CallName::sysinfo}, {})->asker, "unknown");
}

TEST(Classify, SetsApartWhatTheCLibraryAsksForItself) {
  const Frame caller{"app", "work"};
  EXPECT_NE(classify(Call{.name = CallName::sysinfo}, {{"libc.so.6", "qsort_r"}, caller})->noise, "");
  EXPECT_EQ(classify(Call{.name = CallName::sysinfo}, {{"libc.so.6", "get_phys_pages"}, caller})->noise, "");
  EXPECT_NE(
      classify(Call{.name = CallName::getaffinity}, {{"libc.so.6", "pthread_getattr_np"}, caller})->noise,
      "");
  const auto online = open_of("/sys/devices/system/cpu/online");
  EXPECT_NE(classify(online, {libc_open, {"libc.so.6", "malloc"}, caller})->noise, "");
  EXPECT_NE(classify(Call{.name = CallName::getaffinity}, {{"libjemalloc.so.2", "x"}})->noise, "");
  // A function of the program's own that is called malloc is not the library's.
  EXPECT_EQ(classify(open_of("/proc/meminfo"), {libc_open, {"app", "malloc"}})->noise, "");
}

TEST(Classify, LooksPastTheCLibraryInsideAStaticProgram) {
  const auto question =
      classify(open_of("/sys/devices/system/cpu/online"),
               {{"app", "__open_nocancel"}, {"app", "read_file"}, {"app", "get_nprocs"}, {"app", "work"}});
  EXPECT_EQ(question->asker, "app: work");
  EXPECT_NE(classify(Call{.name = CallName::sysinfo}, {{"app", "qsort_r"}, {"app", "work"}})->noise, "");
}

TEST(Classify, KnowsTheShapeOfThreadBoundsWithoutAStack) {
  const Call bounds{.name = CallName::getaffinity, .length = 32, .own_thread_id = true};
  EXPECT_NE(classify(bounds, {})->noise, "");
  auto other = bounds;
  other.length = 128;
  EXPECT_EQ(classify(other, {})->noise, "");
}

TEST(Classify, HoldsOnlyLargeAnonymousMemoryAgainstAProgram) {
  const Call populated{.name = CallName::mmap, .length = 64 << 20, .flags = MAP_POPULATE};
  EXPECT_EQ(classify(populated, {})->topic, Topic::held_memory);
  auto small = populated;
  small.length = 1 << 20;
  EXPECT_FALSE(classify(small, {}));
  auto of_file = populated;
  of_file.anonymous = false;
  EXPECT_FALSE(classify(of_file, {})) << "the rings of io_uring are populated files";
  EXPECT_TRUE(classify(Call{.name = CallName::mlockall}, {}));
  EXPECT_FALSE(classify(Call{.name = CallName::setaffinity, .narrows = false}, {}));
}

TEST(PhaseClock, EndsTheStartAfterListeningOrInTime) {
  PhaseClock quiet{PhaseRules{.grace = 1s, .boot_limit = 5s, .reload_window = 10s}};
  EXPECT_EQ(quiet.phase(4999ms), Phase::boot);
  EXPECT_EQ(quiet.phase(5s), Phase::later);
  PhaseClock server{PhaseRules{.grace = 1s, .boot_limit = 5s, .reload_window = 10s}};
  server.listened(500ms);
  server.listened(3s);
  EXPECT_EQ(server.phase(1499ms), Phase::boot);
  EXPECT_EQ(server.phase(1500ms), Phase::later);
  server.signalled(20s);
  EXPECT_EQ(server.phase(30s), Phase::reload);
  EXPECT_EQ(server.phase(30001ms), Phase::later);
}

TEST(History, JudgesTheHabitFromTheProgramsOwnQuestionsOnly) {
  const Question own{Topic::cpus, "sched_getaffinity", "app: start", {}};
  const Question noise{Topic::cpus, "sched_getaffinity", "app: work", "stack bounds of a thread"};
  History history;
  EXPECT_EQ(history.habit(Topic::cpus), Habit::not_asked);
  history.add(noise, Phase::later, 9s);
  EXPECT_EQ(history.habit(Topic::cpus), Habit::not_asked);
  history.add(own, Phase::boot, 1s);
  EXPECT_EQ(history.habit(Topic::cpus), Habit::kept);
  history.add(own, Phase::reload, 20s);
  EXPECT_EQ(history.habit(Topic::cpus), Habit::on_reload);
  history.add(own, Phase::later, 40s);
  EXPECT_EQ(history.habit(Topic::cpus), Habit::again);
  EXPECT_EQ(history.habit(Topic::memory), Habit::not_asked);
}

TEST(History, IsBounded) {
  History history;
  for (std::size_t i = 0; i < History::most_questions + 10; ++i) {
    history.add(Question{Topic::cpus, std::to_string(i), {}, {}}, Phase::boot, 0s);
  }
  EXPECT_EQ(history.tallies().size(), History::most_questions);
  EXPECT_EQ(history.left_out(), 10U);
}

/// Runs the filter as the kernel would; only the instructions that build_filter() uses.
std::uint32_t decide(const std::vector<sock_filter>& program, const std::vector<std::uint32_t>& words) {
  std::uint32_t loaded = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto& step = program[at];
    if (step.code == (BPF_LD | BPF_W | BPF_ABS))
      loaded = words.at(step.k / 4);
    else if (step.code == (BPF_RET | BPF_K))
      return step.k;
    else if (step.code == (BPF_JMP | BPF_JEQ | BPF_K))
      at += loaded == step.k ? step.jt : step.jf;
    else if (step.code == (BPF_JMP | BPF_JSET | BPF_K))
      at += (loaded & step.k) != 0 ? step.jt : step.jf;
    else
      ADD_FAILURE() << "unknown instruction " << step.code;
  }
  ADD_FAILURE() << "the program runs off its end";
  return 0;
}

TEST(BuildFilter, StopsAtTheNamedCallsOnly) {
  constexpr std::uint32_t stop = 0x7ff00000;
  constexpr std::uint32_t allow = 0x7fff0000;
  const auto program = build_filter({{7}, {9, 3, 0x8000 | 0x2000}, {11}}, stop);
  const auto architecture = program[1].k;
  const auto call = [&](std::uint32_t number, std::uint32_t fourth_argument = 0) {
    // seccomp_data: number, architecture, two words of the instruction pointer, six arguments of two words.
    return std::vector<std::uint32_t>{number, architecture,    0, 0, 0, 0, 0, 0, 0,
                                      0,      fourth_argument, 0, 0, 0, 0, 0};
  };
  EXPECT_EQ(decide(program, call(7)), stop);
  EXPECT_EQ(decide(program, call(11)), stop);
  EXPECT_EQ(decide(program, call(8)), allow);
  EXPECT_EQ(decide(program, call(9, 0x22)), allow);
  EXPECT_EQ(decide(program, call(9, 0x8022)), stop);
  auto foreign = call(7);
  foreign[1] = 1;
  EXPECT_EQ(decide(program, foreign), allow);
}

}  // namespace
}  // namespace dynascale::check
