/*
 * banner.c - see banner.h. The text goes to standard output, the log to standard error, so either
 * can be sent elsewhere; with --log-json there is only the log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/banner.h"

#include <stdio.h>
#include <string.h>

#include "server/server.h"

static void print_for_people(struct server *server, const char *endpoint, const char *regions)
{
    const struct config *config = server->config;
    const char *first = config->regions[0].name;

    printf("\nTropic %s is ready at %s\n\n", TROPIC_VERSION, endpoint);
    if (server->console != CONSOLE_OFF && console_is_built())
        printf("  Console      %s/console\n", endpoint);
    printf("  Regions      %s\n", regions);
    if (config->in_memory)
        printf("  Data         in memory, gone when this stops\n");
    else
        printf("  Data         %s\n", config->data);
    printf("  Credentials  any are accepted, nothing is verified: for development on this machine "
           "only\n\n");
    printf("Try it (the Region of a request is the one it is signed for):\n\n"
           "  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n"
           "  aws dynamodb create-table --endpoint-url %s --region %s \\\n"
           "      --table-name Music --billing-mode PAY_PER_REQUEST \\\n"
           "      --attribute-definitions AttributeName=Artist,AttributeType=S \\\n"
           "      --key-schema AttributeName=Artist,KeyType=HASH\n",
           endpoint, first);
    if (config->region_count > 1)
        printf("  aws dynamodb update-table --endpoint-url %s --region %s \\\n"
               "      --table-name Music --replica-updates 'Create={RegionName=%s}'\n"
               "  tropic link %s %s --delay 80ms --endpoint %s\n",
               endpoint, first, config->regions[1].name, first, config->regions[1].name, endpoint);
    printf("  tropic status --endpoint %s\n\nCtrl-C stops it.\n\n", endpoint);
    fflush(stdout);
}

void banner_print(struct server *server)
{
    const struct config *config = server->config;
    bool ipv6 = strchr(config->address, ':') != NULL;
    struct buf regions = BUF_EMPTY;
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "%s://%s%s%s:%u",
             config->tls_certificate != NULL ? "https" : "http", ipv6 ? "[" : "", config->address,
             ipv6 ? "]" : "", http_server_port(server->http));
    for (uint32_t i = 0; i < config->region_count; i++)
        buf_printf(&regions, "%s%s", i > 0 ? ", " : "", config->regions[i].name);
    buf_append_u8(&regions, '\0');
    if (buf_failed(&regions))
        return;
    log_info(&server->log, "server", "tropic %s is ready at %s with %s%s", TROPIC_VERSION, endpoint,
             (const char *)regions.ptr,
             config->dev ? "; any credentials are accepted" : "; signatures are verified");
    if (config->dev && !config->log_json)
        print_for_people(server, endpoint, (const char *)regions.ptr);
    buf_release(&regions);
}
