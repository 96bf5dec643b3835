import java.nio.file.*;
import java.util.concurrent.*;

/** Writes what the runtime says of the machine, again and again. */
public class Pools {
  public static void main(String[] arguments) throws Exception {
    var now = Path.of(arguments[0]);
    var next = Path.of(arguments[0] + ".new");
    for (;;) {
      var fresh = (ForkJoinPool) Executors.newWorkStealingPool();
      Files.writeString(next, "availableProcessors " + Runtime.getRuntime().availableProcessors()
          + "\ncommonPool " + ForkJoinPool.commonPool().getParallelism()
          + "\nnewPool " + fresh.getParallelism()
          + "\nmaxMemory " + (Runtime.getRuntime().maxMemory() >> 20) + "\n");
      fresh.shutdown();
      Files.move(next, now, StandardCopyOption.ATOMIC_MOVE);
      Thread.sleep(100);
    }
  }
}
