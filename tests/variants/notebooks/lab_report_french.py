# %% [markdown]
# # Compte rendu du TP "Réseaux convolutifs"
# Nom : Dupont, groupe 3
#
# ## Partie 1
# **Q1.** La taille de sortie est floor((x + 2p - k) / s) + 1.
#
# **Q2.** Une convolution a beaucoup moins de poids qu'une couche complètement connectée.

# %%
import torch
import torch.nn as nn
import torchvision as tv
import matplotlib.pyplot as plt

torch.manual_seed(2024)


# %% [markdown]
# ## Q12. Chargement des données


# %%
def question_12(taille_lot):
    def charger(entrainement):
        jeu = tv.datasets.CIFAR10(
            "./cifar10", train=entrainement, transform=tv.transforms.ToTensor(), download=True
        )
        return torch.utils.data.DataLoader(jeu, batch_size=taille_lot, shuffle=entrainement)

    return charger(True), charger(False)


donnees_entrainement, donnees_test = question_12(128)
print(len(donnees_entrainement.dataset), "images d'entraînement,", len(donnees_test.dataset), "de test")


# %% [markdown]
# ## Q13. Le réseau


# %%
def couche(entree, sortie):
    return [nn.Conv2d(entree, sortie, kernel_size=5, stride=1, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2)]


def question_13():
    convolutions = couche(3, 32) + couche(32, 64) + couche(64, 64)
    decision = [nn.Flatten(), nn.Linear(64 * 4 * 4, 1000), nn.ReLU(), nn.Linear(1000, 10)]
    return nn.Sequential(*convolutions, *decision)


reseau = question_13()
image = torch.zeros(1, 3, 32, 32)
for module in reseau:
    image = module(image)
    poids = sum(p.numel() for p in module.parameters())
    print(f"{module.__class__.__name__:10s} {tuple(image.shape)}  {poids:8d} poids")


# %% [markdown]
# ## Q15. Apprentissage
# Remarque : la perte au départ vaut ln(10) = 2,3 car le réseau répond au hasard.


# %%
def question_15(reseau, lots, optimiseur):
    reseau.train()
    perte_moyenne = 0.0
    for k, (images, etiquettes) in enumerate(lots):
        reponse = reseau(images)
        perte = nn.functional.cross_entropy(reponse, etiquettes)
        if k == 0:
            print("première perte de l'époque :", perte.item())
        optimiseur.zero_grad()
        perte.backward()
        optimiseur.step()
        perte_moyenne += (perte.item() - perte_moyenne) / (k + 1)
    return perte_moyenne


# %% [markdown]
# ## Q16. Évaluation


# %%
def question_16(reseau, lots):
    reseau.eval()
    bonnes_reponses = 0
    with torch.no_grad():
        for images, etiquettes in lots:
            bonnes_reponses += (reseau(images).argmax(dim=1) == etiquettes).sum().item()
    return 100 * bonnes_reponses / len(lots.dataset)


# %%
optimiseur = torch.optim.SGD(reseau.parameters(), lr=0.1)
pertes, scores = [], []
for epoque in range(1, 21):
    pertes.append(question_15(reseau, donnees_entrainement, optimiseur))
    scores.append(question_16(reseau, donnees_test))
    print(f"Époque {epoque} : perte {pertes[-1]:.3f}, score en test {scores[-1]:.2f} %")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
axes[0].plot(pertes)
axes[0].set_title("Perte (entraînement)")
axes[1].plot(scores)
axes[1].set_title("Score (test, %)")
plt.show()

# %% [markdown]
# ## Conclusion
# Le réseau sur-apprend : la perte baisse encore alors que le score en test ne monte plus.
