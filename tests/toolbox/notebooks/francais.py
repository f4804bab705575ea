# %% [markdown]
# # TP – Les briques de l'entraînement, écrites de zéro
# Tout est écrit avec des opérations élémentaires sur les tenseurs.

# %%
from math import cos, pi, sqrt

import torch

# %% [markdown]
# ## Activations


# %%
def sigmoide(entree):
    """Fonction logistique."""
    return torch.exp(entree) / (1 + torch.exp(entree))


def derivee_sigmoide(entree):
    sortie = sigmoide(entree)
    return sortie - sortie**2


def tangente_hyperbolique(entree):
    return (torch.exp(2 * entree) - 1) / (torch.exp(2 * entree) + 1)


def derivee_tangente_hyperbolique(entree):
    return 1 - tangente_hyperbolique(entree) ** 2


def redresse(entree):
    """Unité linéaire rectifiée."""
    return entree * (entree > 0)


def derivee_redresse(entree):
    return 1.0 * (entree >= 0)


def redresse_avec_fuite(entree, pente=0.1):
    return redresse(entree) - pente * redresse(-entree)


def derivee_redresse_avec_fuite(entree, pente=0.1):
    return torch.where(entree > 0, 1.0, pente)


def lineaire_exponentielle(entree, alpha=1.0):
    negatif = torch.minimum(entree, torch.zeros_like(entree))
    return redresse(entree) + alpha * (torch.exp(negatif) - 1)


def derivee_lineaire_exponentielle(entree, alpha=1.0):
    return torch.where(entree > 0, torch.ones_like(entree), alpha * torch.exp(entree))


def maximum_de_deux(entree, poids1, biais1, poids2, biais2):
    return torch.max(entree @ poids1 + biais1, entree @ poids2 + biais2)


# %% [markdown]
# Vérification par différences finies


# %%
def difference_finie(fonction, entree, h=1e-6):
    return (fonction(entree + h) - fonction(entree - h)) / (2 * h)


t = torch.tensor([-10.0, -2.0, 2.0, 10.0], dtype=torch.float64)
for fonction, derivee in [
    (sigmoide, derivee_sigmoide),
    (tangente_hyperbolique, derivee_tangente_hyperbolique),
    (redresse_avec_fuite, derivee_redresse_avec_fuite),
    (lineaire_exponentielle, derivee_lineaire_exponentielle),
]:
    print(fonction.__name__, (difference_finie(fonction, t) - derivee(t)).abs().max().item())


# %% [markdown]
# ## Normalisation par lots et ses cousines


# %%
def normalise(entree, axes, eps):
    moyenne = entree.mean(axes, keepdim=True)
    variance = ((entree - moyenne) ** 2).mean(axes, keepdim=True)
    return (entree - moyenne) / torch.sqrt(variance + eps), moyenne, variance


def par_canal(vecteur):
    return vecteur[None, :, None, None]


def lots_lignes_apprentissage(entree, echelle, decalage, moyenne, variance, inertie=0.9, eps=1e-5):
    norme, m, v = normalise(entree, 0, eps)
    return (
        echelle * norme + decalage,
        inertie * moyenne + (1 - inertie) * m[0],
        inertie * variance + (1 - inertie) * v[0],
    )


def lots_lignes_test(entree, echelle, decalage, moyenne, variance, eps=1e-5):
    return echelle * (entree - moyenne) / torch.sqrt(variance + eps) + decalage


def lots_images_apprentissage(entree, echelle, decalage, moyenne, variance, inertie=0.9, eps=1e-5):
    norme, m, v = normalise(entree, (0, 2, 3), eps)
    return (
        par_canal(echelle) * norme + par_canal(decalage),
        inertie * moyenne + (1 - inertie) * m.flatten(),
        inertie * variance + (1 - inertie) * v.flatten(),
    )


def lots_images_test(entree, echelle, decalage, moyenne, variance, eps=1e-5):
    return lots_lignes_test(
        entree, par_canal(echelle), par_canal(decalage), par_canal(moyenne), par_canal(variance), eps
    )


def par_ligne(entree, echelle, decalage, eps=1e-5):
    return echelle * normalise(entree, 1, eps)[0] + decalage


def par_groupes(entree, echelle, decalage, nb_groupes, eps=1e-5):
    n, c, h, l = entree.shape
    groupes = entree.reshape(n, nb_groupes, c // nb_groupes, h, l)
    norme = normalise(groupes, (2, 3, 4), eps)[0].reshape(n, c, h, l)
    return par_canal(echelle) * norme + par_canal(decalage)


def par_instance(entree, echelle, decalage, eps=1e-5):
    return par_canal(echelle) * normalise(entree, (2, 3), eps)[0] + par_canal(decalage)


# %% [markdown]
# ## Initialisation


# %%
def poids_lineaires(entrees, sorties):
    return torch.randn(entrees, sorties) / sqrt(entrees)


def poids_de_convolution(canaux, filtres, cote):
    return torch.randn(filtres, canaux, cote, cote) / sqrt(cote**2 * canaux)


a = torch.randn(32, 256)
for couche in range(7):
    a = tangente_hyperbolique(a @ poids_lineaires(256, 256))
    print(couche, a.std().item())


# %% [markdown]
# ## Descente


# %%
def descente(poids, gradient, pas):
    return poids - pas * gradient


def descente_avec_inertie(poids, gradient, vitesse, pas, inertie=0.9):
    vitesse = inertie * vitesse + gradient
    return poids - pas * vitesse, vitesse


# %% [markdown]
# ## Régularisation


# %%
def abandon(entree, p, apprentissage=True):
    if apprentissage:
        return entree * torch.bernoulli(torch.full_like(entree, 1 - p)) / (1 - p)
    return entree


def abandon_de_poids(poids, p, apprentissage=True):
    return abandon(poids, p, apprentissage)


def penalite_absolue(poids, coefficient):
    return coefficient * torch.sum(torch.abs(poids))


def penalite_carree(poids, coefficient):
    return 0.5 * coefficient * torch.sum(poids * poids)


def penalite_mixte(poids, coefficient1, coefficient2):
    return penalite_absolue(poids, coefficient1) + penalite_carree(poids, coefficient2)


def norme_bornee(poids, borne):
    longueur = poids.pow(2).sum(1, keepdim=True).sqrt()
    return poids * torch.clamp(borne / longueur, max=1)


# %% [markdown]
# ## Cibles adoucies


# %%
def log_probas(scores):
    return scores - torch.logsumexp(scores, dim=1, keepdim=True)


def entropie_croisee(scores, classes):
    return -log_probas(scores).gather(1, classes[:, None]).mean()


def melange(images, classes, alpha):
    lam = torch.distributions.Beta(alpha, alpha).sample()
    ordre = torch.randperm(len(images))
    return lam * images + (1 - lam) * images[ordre], classes, classes[ordre], lam


def perte_du_melange(scores, classes_a, classes_b, lam):
    return lam * entropie_croisee(scores, classes_a) + (1 - lam) * entropie_croisee(scores, classes_b)


def perte_etiquettes_adoucies(scores, classes, douceur=0.1):
    uniforme = -log_probas(scores).mean()
    return (1 - douceur) * entropie_croisee(scores, classes) + douceur * uniforme


def perte_du_maitre(eleve, maitre, classes, temperature, alpha):
    p = torch.exp(log_probas(maitre / temperature))
    douce = (p * (log_probas(maitre / temperature) - log_probas(eleve / temperature))).sum(1).mean()
    return alpha * temperature**2 * douce + (1 - alpha) * entropie_croisee(eleve, classes)


# %% [markdown]
# ## Pas d'apprentissage


# %%
def echauffement_puis_cosinus(etape, echauffement, total, pas):
    if etape < echauffement:
        return pas * etape / echauffement
    return pas / 2 * (1 + cos(pi * (etape - echauffement) / (total - echauffement)))


def par_paliers(epoque, pas, duree=7, facteur=0.1):
    return pas * facteur ** (epoque // duree)


def decroissance(epoque, pas, facteur=0.95):
    return pas * facteur**epoque


# %% [markdown]
# ## Images


# %%
def centre_reduit_octets(images):
    moyenne = torch.tensor([123.68, 116.779, 103.939])
    ecart = torch.tensor([58.393, 57.12, 57.375])
    return (images - par_canal(moyenne)) / par_canal(ecart)


def centre_reduit(images):
    moyenne = torch.tensor([0.485, 0.456, 0.406])
    ecart = torch.tensor([0.229, 0.224, 0.225])
    return (images - par_canal(moyenne)) / par_canal(ecart)
