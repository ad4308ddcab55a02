/* NVIDIA's driver library, as far as Fireside asks it: gcc -shared -fPIC -o libcuda.so.1 cuda_driver.c

   The environment says what it answers:
     FAKE_CUDA_VERSION   cuDriverGetVersion, by default 13000
     FAKE_CUDA_CARDS     "name|major.minor|MiB|PCI address" for each card, with ";" in between;
                         by default one RTX 3060. An address that begins with "i" is integrated.
     FAKE_CUDA_INIT      what cuInit returns, by default 0: 100 no device, 803 driver mismatch
     FAKE_CUDA_DIES      what cuInit does instead: "abort", "exit", "hang"
     FAKE_CUDA_SAYS      text that cuInit prints on stdout and stderr */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#define EXPORT __declspec(dllexport)
#define wait_a_minute() Sleep(60000)
#else
#include <unistd.h>
#define EXPORT
#define wait_a_minute() sleep(60)
#endif

enum { SUCCESS = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, INVALID_DEVICE = 101 };
enum { MOST = 16 };

typedef struct {
    char name[300];
    int major, minor;
    unsigned long mib;
    char pci[32];
} Card;

static Card cards[MOST];
static int count = -1; /* before cuInit */

static const char *told(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

EXPORT int cuInit(unsigned int flags) {
    const char *dies = told("FAKE_CUDA_DIES", ""), *said = told("FAKE_CUDA_SAYS", "");
    int result = atoi(told("FAKE_CUDA_INIT", "0"));
    if (*said) {
        printf("%s\n", said);
        fflush(stdout);
        fprintf(stderr, "%s\n", said);
    }
    if (!strcmp(dies, "abort")) abort();
    if (!strcmp(dies, "exit")) exit(0);
    if (!strcmp(dies, "hang")) wait_a_minute();
    if (flags) return INVALID_VALUE;
    if (result) return result;
    static char text[8192];
    strncpy(text, told("FAKE_CUDA_CARDS", "NVIDIA GeForce RTX 3060|8.6|12288|0000:01:00.0"),
            sizeof text - 1);
    count = 0;
    for (char *each = strtok(text, ";"); each && count < MOST; each = strtok(NULL, ";")) {
        Card *card = &cards[count];
        if (sscanf(each, "%299[^|]|%d.%d|%lu|%31s", card->name, &card->major, &card->minor,
                   &card->mib, card->pci) == 5)
            count++;
    }
    return SUCCESS;
}

EXPORT int cuDriverGetVersion(int *version) {
    *version = atoi(told("FAKE_CUDA_VERSION", "13000"));
    return SUCCESS;
}

EXPORT int cuDeviceGetCount(int *found) {
    if (count < 0) return NOT_INITIALIZED;
    *found = count;
    return SUCCESS;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
    if (ordinal < 0 || ordinal >= count) return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}

static Card *known(int device) { return device >= 0 && device < count ? &cards[device] : NULL; }

EXPORT int cuDeviceGetName(char *name, int size, int device) {
    if (!known(device)) return INVALID_DEVICE;
    snprintf(name, size, "%s", known(device)->name);
    return SUCCESS;
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    if (!known(device)) return INVALID_DEVICE;
    *bytes = (size_t)known(device)->mib << 20;
    return SUCCESS;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
    if (!known(device)) return INVALID_DEVICE;
    switch (attribute) {
    case 18: *value = known(device)->pci[0] == 'i'; return SUCCESS; /* integrated */
    case 75: *value = known(device)->major; return SUCCESS; /* compute capability */
    case 76: *value = known(device)->minor; return SUCCESS;
    }
    return INVALID_VALUE;
}

EXPORT int cuDeviceGetPCIBusId(char *address, int size, int device) {
    if (!known(device)) return INVALID_DEVICE;
    const char *pci = known(device)->pci;
    snprintf(address, size, "%s", pci + (*pci == 'i'));
    return SUCCESS;
}

EXPORT int cuGetErrorString(int error, const char **text) {
    *text = error ? "an error of the fake driver" : "no error";
    return SUCCESS;
}
