#include "probes/memory.hpp"

#include <gtest/gtest.h>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

TEST(ParseMeminfo, ReadsSizesAndSwapInUse) {
  const auto memory = parse_meminfo(
      "MemTotal:        4028928 kB\nMemFree:  10 kB\nMemAvailable:    1000 kB\n"
      "SwapTotal:  500 kB\nSwapFree:   100 kB\nHugePages_Total:  0\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, Bytes::kib(4028928));
  EXPECT_EQ(memory->available, Bytes::kib(1000));
  EXPECT_EQ(memory->swap_used, Bytes::kib(400));
}

TEST(ParseMeminfo, LeavesOutWhatTheKernelDoesNotSay) {
  const auto memory = parse_meminfo("MemTotal: 10 kB\nMemAvailable: none\n");
  ASSERT_TRUE(memory);
  EXPECT_FALSE(memory->available);
  EXPECT_FALSE(memory->swap_used);
  for (const auto* text : {"", "MemTotal 10\n", "MemTotal: -1 kB\n", "MemTotal: 18446744073709551615 kB\n"})
    EXPECT_FALSE(parse_meminfo(text)) << text;
}

TEST(ParseVmstat, AddsBothKindsOfRefaults) {
  EXPECT_EQ(parse_vmstat("workingset_refault_anon 3\nworkingset_refault_file 4\npswpin 9\npswpout 2\n"),
            (ReclaimCounters{.refaults = 7, .swap_in_pages = 9}));
  EXPECT_EQ(parse_vmstat("nr_free_pages 3\n"), ReclaimCounters{});
}

TEST(OfflineMemory, ListsBlocksThatAreNotOnlineAndBringsThemOnline) {
  const TemporaryRoot root;
  root.write("/sys/devices/system/memory/block_size_bytes", "8000000\n");
  root.write("/sys/devices/system/memory/memory0/state", "online\n");
  root.write("/sys/devices/system/memory/memory40/state", "offline\n");
  root.write("/sys/devices/system/memory/memory9/state", "offline\n");
  root.write("/sys/devices/system/memory/power/state", "offline\n");
  const auto offline = read_offline_memory(root.files());
  ASSERT_TRUE(offline) << offline.error().what;
  EXPECT_EQ(offline->blocks, (std::vector<MemoryBlock>{{9}, {40}}));
  EXPECT_EQ(offline->amount(), Bytes::mib(256));

  ASSERT_TRUE(online_memory(root.files(), {9}, MemoryZone::movable));
  EXPECT_EQ(read_offline_memory(root.files())->blocks, (std::vector<MemoryBlock>{{40}}));
  EXPECT_EQ(online_memory(root.files(), {77}, MemoryZone::movable).error().code, Errc::not_found);
}

TEST(OfflineMemory, IsEmptyOnAKernelWithoutHotPlug) {
  const TemporaryRoot root;
  const auto offline = read_offline_memory(root.files());
  ASSERT_TRUE(offline);
  EXPECT_EQ(offline->amount(), Bytes{});
}

TEST(ReadMemory, ReadsThisMachine) {
  const Files files;
  const auto memory = read_memory(files);
  ASSERT_TRUE(memory) << memory.error().what;
  EXPECT_GT(memory->total, Bytes{});
  ASSERT_TRUE(memory->available);
  EXPECT_LE(*memory->available, memory->total);
}

}  // namespace
}  // namespace dynascale
