// SPDX-License-Identifier: Apache-2.0
package plumbline.range;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * Starts DynamoDB Local, in memory and with one database for all callers, on
 * one address. Its own main class listens on every interface and reports its
 * use; this one never sets the reporting up, so there is nothing to send.
 *
 * <p>Arguments: address and port (0: any free one). Prints "ready ADDRESS PORT".
 */
public final class LocalDynamo {
    private LocalDynamo() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: LocalDynamo ADDRESS PORT");
            System.exit(2);
        }
        InetSocketAddress address = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        if (address.isUnresolved() || address.getAddress().isAnyLocalAddress()) {
            System.err.println("LocalDynamo: " + args[0] + " is not one address of this machine");
            System.exit(2);
        }
        Server server = new Server(address);
        ContextHandler context = new ContextHandler("/");
        LocalDynamoDBRequestHandler requests =
                new LocalDynamoDBRequestHandler(0, true, null, true, false);
        context.setHandler(new LocalDynamoDBServerHandler(requests, "*"));
        server.setHandler(context);
        server.start();
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        System.out.println("ready " + args[0] + " " + port);
        System.out.flush();
        server.join();
    }
}
