# %% [markdown]
# ## Standardisation des images
# On retire la moyenne et on divise par l'écart-type de chaque canal (calculés sur la base d'apprentissage).
# Je n'utilise pas `ToTensor` : la conversion de l'image PIL est faite à la main avec NumPy.

# %%
import numpy as np
import torch
import torch.nn as nn
import torchvision
from torchvision import transforms
import matplotlib.pyplot as plt

moyenne = np.array([0.491, 0.482, 0.447], dtype=np.float32)
ecart_type = np.array([0.202, 0.199, 0.201], dtype=np.float32)


def preparer(image_pil):
    pixels = np.array(image_pil, dtype=np.float32)  # 32 x 32 x 3, entre 0 et 255
    pixels = pixels / 255
    pixels = (pixels - moyenne) / ecart_type
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


transformation = transforms.Lambda(preparer)
base_train = torchvision.datasets.CIFAR10("./cifar", train=True, transform=transformation, download=True)
base_test = torchvision.datasets.CIFAR10("./cifar", train=False, transform=transformation, download=True)
lots_train = torch.utils.data.DataLoader(base_train, batch_size=128, shuffle=True)
lots_test = torch.utils.data.DataLoader(base_test, batch_size=128, shuffle=False)
image, classe = base_train[0]
print(image.shape, image.dtype, image.min().item(), image.max().item(), base_train.classes[classe])


# %%
class Reseau(nn.Module):
    def __init__(self):
        super(Reseau, self).__init__()
        self.extraction = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(32, 64, kernel_size=5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(64, 64, kernel_size=5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.decision = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, x):
        cartes = self.extraction(x)
        return self.decision(cartes.reshape(cartes.shape[0], -1))


reseau = Reseau()
optimiseur = torch.optim.SGD(reseau.parameters(), lr=0.1)
fonction_cout = nn.CrossEntropyLoss()

# %%
historique = []
for epoque in range(10):
    reseau.train()
    couts = []
    for images, etiquettes in lots_train:
        cout = fonction_cout(reseau(images), etiquettes)
        optimiseur.zero_grad()
        cout.backward()
        optimiseur.step()
        couts.append(cout.item())

    reseau.eval()
    justes = []
    with torch.no_grad():
        for images, etiquettes in lots_test:
            justes += (reseau(images).argmax(dim=1) == etiquettes).tolist()
    historique.append((np.mean(couts), np.mean(justes)))
    print("Époque {} : coût {:.3f}, précision en test {:.3f}".format(epoque + 1, *historique[-1]))

# %%
historique = np.array(historique)
plt.plot(historique[:, 0], label="coût (apprentissage)")
plt.plot(historique[:, 1], label="précision (test)")
plt.legend()
plt.show()
