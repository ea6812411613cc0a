import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Runs a node of OpenSearch with the roles of any, unlike its runner, whose nodes run no ingest pipelines. */
public class Node {
    /** Takes the folder of the node, and the port before that of its API. */
    public static void main(String[] arguments) throws InterruptedException {
        OpenSearchRunner runner = new OpenSearchRunner();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
        runner.onBuild((number, settings) -> settings
            .putList("node.roles", "cluster_manager", "data", "ingest")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)); // a disk that is nearly full will do
        runner.build("-basePath", arguments[0], "-numOfNode", "1", "-baseHttpPort", arguments[1]);
        Thread.currentThread().join(); // until it is told to end
    }

    private static void close(OpenSearchRunner runner) {
        try {
            runner.close();
        } catch (java.io.IOException error) {
            System.err.println(error);
        }
    }
}
