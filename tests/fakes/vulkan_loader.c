/* Vulkan's loader with its drivers, as far as Fireside asks them:
   gcc -shared -fPIC -o libvulkan.so.1 vulkan_loader.c

   The layout of the structures is that of vulkan_core.h (outside.toml, vulkan_api). The environment
   says what it answers:
     FAKE_VULKAN_VERSION   the loader's, by default 1.3
     FAKE_VULKAN_CARDS     "name|kind|vendor|device|api|MiB|driver|version|PCI address" for each
                           card, with ";" in between, numbers in hexadecimal but for api and MiB;
                           kind: 1 integrated, 2 discrete, 4 software. By default one Radeon.
     FAKE_VULKAN_INIT      what vkCreateInstance returns, by default 0: -9 no driver
     FAKE_VULKAN_DIES      what it does instead: "abort", "exit", "hang" */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, INCOMPLETE = 5, MOST = 16 };
enum { DRIVER_PROPERTIES = 1000196000, PCI_PROPERTIES = 1000212000, STORAGE_16_BIT = 1000083000 };

typedef struct {
    char name[256], driver[64], info[64], pci[32];
    unsigned kind, vendor, device, major, minor;
    unsigned long mib;
} Card;

static Card cards[MOST];
static unsigned count;

static const char *told(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static uint32_t packed(unsigned major, unsigned minor) { return major << 22 | minor << 12; }

int vkEnumerateInstanceVersion(uint32_t *version) {
    unsigned major, minor;
    if (sscanf(told("FAKE_VULKAN_VERSION", "1.3"), "%u.%u", &major, &minor) == 2)
        *version = packed(major, minor);
    return SUCCESS;
}

int vkCreateInstance(const void *info, const void *allocator, void **instance) {
    (void)info, (void)allocator;
    const char *dies = told("FAKE_VULKAN_DIES", "");
    if (!strcmp(dies, "abort")) abort();
    if (!strcmp(dies, "exit")) exit(0);
    if (!strcmp(dies, "hang")) sleep(60);
    int result = atoi(told("FAKE_VULKAN_INIT", "0"));
    if (result) return result;
    static char text[8192];
    strncpy(text,
            told("FAKE_VULKAN_CARDS",
                 "AMD Radeon RX 7900 XT (RADV NAVI31)|2|1002|744c|1.4|20464|radv|Mesa 25.0.7|"
                 "0000:03:00.0"),
            sizeof text - 1);
    count = 0;
    for (char *each = strtok(text, ";"); each && count < MOST; each = strtok(NULL, ";")) {
        Card *card = &cards[count];
        if (sscanf(each, "%255[^|]|%x|%x|%x|%u.%u|%lu|%63[^|]|%63[^|]|%31s", card->name,
                   &card->kind, &card->vendor, &card->device, &card->major, &card->minor,
                   &card->mib, card->driver, card->info, card->pci) >= 9)
            count++;
    }
    *instance = cards;
    return SUCCESS;
}

int vkEnumeratePhysicalDevices(void *instance, uint32_t *number, void **devices) {
    (void)instance;
    unsigned room = devices ? *number : count;
    *number = room < count ? room : count;
    for (unsigned i = 0; devices && i < *number; i++) devices[i] = &cards[i];
    return *number < count ? INCOMPLETE : SUCCESS;
}

void vkGetPhysicalDeviceProperties(Card *card, unsigned char *raw) {
    uint32_t head[5] = {packed(card->major, card->minor), packed(25, 0) | 7, card->vendor,
                        card->device, card->kind};
    uint32_t largest = 1u << 30;
    memset(raw, 0, 824);
    memcpy(raw, head, sizeof head);
    memcpy(raw + 20, card->name, 256);
    memcpy(raw + 324, &largest, 4);
}

typedef struct Chained {
    int type;
    struct Chained *next;
    unsigned char data[];
} Chained;

void vkGetPhysicalDeviceProperties2(Card *card, Chained *properties) {
    vkGetPhysicalDeviceProperties(card, properties->data);
    for (Chained *each = properties->next; each; each = each->next) {
        if (each->type == DRIVER_PROPERTIES) {
            memset(each->data, 0, 520);
            snprintf((char *)each->data + 4, 256, "%s", card->driver);
            snprintf((char *)each->data + 260, 256, "%s", card->info);
        } else if (each->type == PCI_PROPERTIES) {
            uint32_t at[4] = {0};
            sscanf(card->pci, "%x:%x:%x.%x", &at[0], &at[1], &at[2], &at[3]);
            memcpy(each->data, at, sizeof at);
        }
    }
}

void vkGetPhysicalDeviceFeatures2(Card *card, Chained *features) {
    (void)card;
    for (Chained *each = features->next; each; each = each->next)
        if (each->type == STORAGE_16_BIT) each->data[0] = 1;
}

void vkGetPhysicalDeviceMemoryProperties(Card *card, unsigned char *raw) {
    uint32_t heaps = 3, local = 1;
    uint64_t sizes[3] = {256u << 20, (uint64_t)card->mib << 20, 64ull << 30};
    memset(raw, 0, 520);
    memcpy(raw + 260, &heaps, 4);
    for (int i = 0; i < 3; i++) {
        memcpy(raw + 264 + 16 * i, &sizes[i], 8);
        if (i < 2) memcpy(raw + 264 + 16 * i + 8, &local, 4);
    }
}

int vkEnumerateDeviceExtensionProperties(Card *card, const char *layer, uint32_t *number,
                                         unsigned char *raw) {
    (void)layer;
    const char *names[] = {"VK_EXT_memory_budget", "VK_EXT_pci_bus_info"};
    *number = card->pci[0] ? 2 : 1;
    for (unsigned i = 0; raw && i < *number; i++) {
        memset(raw + 260 * i, 0, 260);
        strcpy((char *)raw + 260 * i, names[i]);
    }
    return SUCCESS;
}
